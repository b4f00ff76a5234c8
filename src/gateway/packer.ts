import { utf8 } from '../core/bytes.js';
import { type DeviceClock, isTrustedQuality } from '../core/clock.js';
import { WaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import { didOf } from '../envelope/did-url.js';
import type { Envelopes } from '../envelope/envelopes.js';
import { newMessageId, type PlaintextMessage } from '../envelope/message.js';
import type { PackOptions } from '../envelope/pack.js';
import type { Reply, Sender } from '../protocols/protocol.js';

/** A message of ours on its way out. */
export interface Outgoing {
  readonly id: string;
  readonly packed: Uint8Array;
}

/** Gives messages what they need to travel: an id, a time, addresses, and an authcrypt envelope. */
export class Packer {
  readonly #envelopes: Pick<Envelopes, 'pack'>;
  readonly #primitives: Primitives;
  readonly #clock: DeviceClock;

  constructor(envelopes: Pick<Envelopes, 'pack'>, primitives: Primitives, clock: DeviceClock) {
    this.#envelopes = envelopes;
    this.#primitives = primitives;
    this.#clock = clock;
  }

  /** `thid` is the thread that the message belongs to; without one it begins its own. Throws what `pack` throws. */
  async pack(reply: Reply, from: string, to: Sender, thid?: string): Promise<Outgoing> {
    const message = this.#complete(reply, from, to, thid);
    return this.#packAs(message, { mode: 'auth', from, to: [to.spelledAs] });
  }

  /**
   * Signed inside anoncrypt, so that the recipient can show others who said it; authcrypt proves it to the recipient alone
   * (DIDComm v2.1, "IANA Media Types"). `signBy` is the id of a key of ours. Throws what `pack` throws.
   */
  async packSigned(reply: Reply, signBy: string, to: Sender): Promise<Outgoing> {
    const message = this.#complete(reply, didOf(signBy), to, undefined);
    return this.#packAs(message, { mode: 'anon', signBy, to: [to.spelledAs] });
  }

  #complete(reply: Reply, from: string, to: Sender, thid: string | undefined): PlaintextMessage {
    return {
      id: newMessageId(this.#primitives),
      type: reply.type,
      from,
      to: [to.spelledAs],
      ...(thid === undefined ? {} : { thid }),
      // A time that is not known is better left out than wrong.
      ...(isTrustedQuality(this.#clock.quality()) ? { created_time: Math.floor(this.#clock.nowMs() / 1000) } : {}),
      ...reply.headers,
      body: reply.body,
      ...(reply.attachments === undefined ? {} : { attachments: reply.attachments }),
    };
  }

  async #packAs(message: PlaintextMessage, options: PackOptions): Promise<Outgoing> {
    const [envelope] = await this.#envelopes.pack(message, options);
    if (envelope === undefined)
      throw new WaypostError('ERR_NO_COMMON_CURVE', 'nothing could be packed for the recipient');
    return { id: message.id, packed: utf8(envelope.packed) };
  }
}
