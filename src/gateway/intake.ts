import { type DeviceClock, isTrustedQuality } from '../core/clock.js';
import { quote, WaypostError } from '../core/errors.js';
import { didOf } from '../envelope/did-url.js';
import type { Envelopes } from '../envelope/envelopes.js';
import type { Unpacked } from '../envelope/unpack.js';
import type { Registry } from '../protocols/mediation/registry.js';
import { type MessageType, parseMessageType } from '../protocols/message-type.js';
import type { Connection, Received, Sender } from '../protocols/protocol.js';
import { isForward } from '../protocols/routing.js';

interface IntakeOptions {
  readonly envelopes: Pick<Envelopes, 'unpack'>;
  readonly registry: Pick<Registry, 'latest' | 'rotate'>;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'quality'>;
  canonical(did: string): string;
}

/** A message that was opened; whether its sender may still speak as that DID is not known yet. */
export interface Opened {
  readonly unpacked: Unpacked;
  readonly ownDid: string;
  readonly type: MessageType;
}

/** From bytes to a message whose sender is known for certain, or known to be nobody. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** `unpack` and `admit` in one. */
  async open(bytes: Uint8Array, connection: Connection, depth: number): Promise<Received> {
    return await this.admit(await this.unpack(bytes), connection, depth);
  }

  /**
   * Opens a message: what of it depends on no other message, so that many can be opened at the same time. Throws what
   * `Envelopes.unpack` throws, ERR_NOT_ALLOWED for a message that is not encrypted, and ERR_EXPIRED.
   */
  async unpack(bytes: Uint8Array): Promise<Opened> {
    const unpacked = await this.#options.envelopes.unpack(bytes);
    const ownDid = openedAs(unpacked);
    if (ownDid === undefined) throw new WaypostError('ERR_NOT_ALLOWED', 'only encrypted messages are taken');
    const type = parseMessageType(unpacked.message.type);
    this.#assertInTime(unpacked, type);
    return { unpacked, ownDid, type };
  }

  /**
   * Follows a rotation that the message proves: to be called in the order in which a peer sent its messages. Throws
   * ERR_NOT_ALLOWED for a message from a DID that was rotated away (DIDComm v2.1, "DID Rotation": MUST be ignored).
   */
  async admit({ unpacked, ownDid, type }: Opened, connection: Connection, depth: number): Promise<Received> {
    const sender = this.#senderOf(unpacked);
    if (sender !== null) await this.#followRotation(unpacked, sender);
    return { message: unpacked.message, type, sender, ownDid, connection, depth };
  }

  /**
   * Whoever set `expires_time` has given up by then (DIDComm v2.1, "Message Headers"). A forward is not refused for it:
   * the store takes it to the end of its life, with a reason that can be asked for.
   */
  #assertInTime({ expiresTime }: Unpacked, type: MessageType): void {
    const { clock } = this.#options;
    if (expiresTime === null || isForward(type) || !isTrustedQuality(clock.quality())) return;
    const lateMs = clock.nowMs() - expiresTime * 1000;
    if (lateMs < 0) return;
    throw new WaypostError(
      'ERR_EXPIRED',
      `the message expired ${Math.round(lateMs / 1000)} s ago, by its expires_time`,
    );
  }

  #senderOf({ from, authenticated }: Unpacked): Sender | null {
    return authenticated && from !== null ? { did: this.#options.canonical(from), spelledAs: from } : null;
  }

  async #followRotation({ rotation }: Unpacked, sender: Sender): Promise<void> {
    const { registry, canonical } = this.#options;
    if (rotation !== null) await registry.rotate(canonical(rotation.priorDid), sender);
    if ((await registry.latest(sender.did)) === sender.did) return;
    throw new WaypostError('ERR_NOT_ALLOWED', `${quote(sender.spelledAs, 200)} was rotated away by its owner`);
  }
}

/** The DID of ours that the innermost encryption was made for. */
function openedAs({ layers }: Unpacked): string | undefined {
  const innermost = layers.findLast((layer) => layer.kind !== 'signed');
  return innermost === undefined ? undefined : didOf(innermost.openedBy);
}
