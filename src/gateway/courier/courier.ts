import { toHex } from '../../core/bytes.js';
import type { Primitives } from '../../crypto/primitives.js';
import { MESSAGE_PICKUP_3 } from '../../protocols/messagepickup-3.js';
import type { HandedMessage, HandedOut } from '../../protocols/pickup/handed-out.js';
import type { ListQuery, MessageStore, QueuedMessage } from '../../store/message-store.js';
import { oneWayConnection } from '../one-way-connection.js';
import type { Packer } from '../packer.js';
import type { Consigned, Consignee, PassOn } from './consignee.js';

interface CourierOptions {
  readonly store: Pick<MessageStore, 'list'>;
  readonly primitives: Primitives;
  readonly handedOut: HandedOut;
  readonly consignee: Consignee;
  readonly packer: Packer;
  readonly ownDid: string;
  readonly maxMessageBytes: number;
  canonical(did: string): string;
  passOn(isForAnybody: boolean): PassOn;
}

/** A queued message on its way to a medium. */
interface OfferedMessage extends HandedMessage {
  readonly content: Uint8Array;
}

const PAGE_MESSAGES = 200;
const PAGE_BYTES = 2 * 1024 * 1024;
/** Whoever is counted for what couriers bring: it is the operator who lets them. */
const SOURCE = 'courier:';

/** Hands queued messages to somebody who carries them away, and takes those that somebody brings. */
export class Courier {
  readonly #options: CourierOptions;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /**
   * The next messages of a queue behind the one with the id `after`. That they were handed out is durable before this
   * resolves; they stay queued. Throws what the store throws.
   */
  async offer(destination: string, after: string | undefined): Promise<readonly OfferedMessage[]> {
    const { store, primitives, handedOut } = this.#options;
    const query: ListQuery = { destinations: [destination], limitMessages: PAGE_MESSAGES, limitBytes: PAGE_BYTES };
    const queued = await store.list(after === undefined ? query : { ...query, after });
    const offered = queued.map(({ id, content }: QueuedMessage) => ({
      id,
      content,
      hash: toHex(primitives.sha256(content)),
    }));
    await handedOut.note(offered);
    return offered;
  }

  /** Takes a message; `isForAnybody`: also one for a DID elsewhere that can be reached from here. Throws like `Consignee.take`. */
  take(content: Uint8Array, isForAnybody: boolean): Promise<Consigned> {
    const { consignee, passOn, primitives, maxMessageBytes } = this.#options;
    const id = toHex(primitives.randomBytes(8));
    const connection = oneWayConnection({ id, source: SOURCE, maxMessageBytes });
    return consignee.take(content, connection, passOn(isForAnybody));
  }

  /**
   * The acknowledgement for a station that messages came from: `messages-received` with the SHA-256 of each, as 64
   * hexadecimal digits, authcrypted for `to`. Throws what packing throws.
   */
  async receipt(to: string, hashes: readonly string[]): Promise<Uint8Array> {
    const { packer, ownDid, canonical } = this.#options;
    const { packed } = await packer.pack(receiptFor(hashes), ownDid, { did: canonical(to), spelledAs: to });
    return packed;
  }

  /** Those of the given beginnings of content hashes of which everything that was handed out has left the store since. */
  async gone(hashPrefixes: readonly string[]): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const prefix of hashPrefixes) if (await this.#options.handedOut.isGone(prefix)) gone.push(prefix);
    return gone;
  }
}

/** What a recipient says of messages that it knows by their content only. */
export function receiptFor(hashes: readonly string[]) {
  return { type: `${MESSAGE_PICKUP_3}/messages-received`, body: { message_id_list: hashes }, mayWait: true };
}
