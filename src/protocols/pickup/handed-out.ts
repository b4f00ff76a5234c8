import type { Bell } from '../../router/bell.js';
import { outboundTo } from '../../router/destination.js';
import type { MessageStore, Operation } from '../../store/message-store.js';
import { HANDED_OUT } from '../mediation/spaces.js';
import type { Mailboxes } from './mailboxes.js';

interface HandedOutOptions {
  readonly store: Pick<MessageStore, 'get' | 'entries' | 'transact' | 'acknowledge' | 'why' | 'status'>;
  readonly mailboxes: Pick<Mailboxes, 'queuesOf'>;
  /** Rung for each queue that got shorter. */
  readonly acknowledged: Bell;
  /** A station that may take custody of anything: an upstream or a neighbour. */
  isCustodian(did: string): boolean;
}

/** A queued message by its content. */
export interface HandedMessage {
  readonly id: string;
  /** SHA-256 of the content, 64 hexadecimal digits in small letters. */
  readonly hash: string;
}

const CONTENT_HASH = /^[0-9a-f]{64}$/;
/** One content in so many queues; a message has a recipient or two. */
const MAX_COPIES = 100;
const NOTHING = new Uint8Array();

/**
 * Remembers what left on a medium that carries messages away without a connection, such as a stick. Whoever gets such a
 * message knows the content and not the id that it has here, so it acknowledges the hash: `messages-received` may name
 * either. Nothing is deleted for having been handed out.
 */
export class HandedOut {
  readonly #options: HandedOutOptions;

  constructor(options: HandedOutOptions) {
    this.#options = options;
  }

  /** Durable when it resolves, and a no-op for what is noted already. Throws what the store throws. */
  async note(messages: readonly HandedMessage[]): Promise<void> {
    const { store } = this.#options;
    const notes: Operation[] = [];
    for (const { id, hash } of messages) {
      const key = `${hash} ${id}`;
      if ((await store.get(HANDED_OUT, key)) === undefined) {
        notes.push({ kind: 'set', space: HANDED_OUT, key, value: NOTHING });
      }
    }
    if (notes.length > 0) await store.transact(notes);
  }

  /**
   * Deletes what `did` has, by hash: what waits in its own mailboxes or to be pushed to it, and for a custodian
   * whatever was handed out. Everything else among `ids` is passed over. Returns how many were deleted.
   */
  async acknowledge(did: string, ids: readonly string[]): Promise<number> {
    const { store, mailboxes, acknowledged, isCustodian } = this.#options;
    const hashes = ids.filter((id) => CONTENT_HASH.test(id));
    if (hashes.length === 0) return 0;
    const own = new Set([...(await mailboxes.queuesOf(did)), outboundTo(did)]);
    const mayTakeAll = isCustodian(did);
    // Strangers must not make work: each hash costs a look into the store.
    if (!mayTakeAll && !(await this.#somethingWaits(own))) return 0;
    let count = 0;
    for (const hash of hashes) {
      for (const { id, destination } of await this.#queued(hash)) {
        if (!mayTakeAll && !own.has(destination)) continue;
        count += await store.acknowledge([id], [destination]);
        acknowledged.ring(destination);
      }
    }
    return count;
  }

  /**
   * Whether everything with a content that begins with `hashPrefix` has left the store. Undefined when nothing like it
   * was handed out here, as far as is remembered.
   */
  async isGone(hashPrefix: string): Promise<boolean | undefined> {
    const ids = await this.#idsOf(hashPrefix);
    if (ids.length === 0) return undefined;
    return (await this.#queuedAmong(ids)).length === 0;
  }

  async #somethingWaits(queues: Iterable<string>): Promise<boolean> {
    for (const queue of queues) if ((await this.#options.store.status(queue)).messages > 0) return true;
    return false;
  }

  async #queued(hash: string): Promise<readonly { id: string; destination: string }[]> {
    return this.#queuedAmong(await this.#idsOf(hash));
  }

  async #idsOf(hashPrefix: string): Promise<readonly string[]> {
    const query = { space: HANDED_OUT, prefix: hashPrefix, limit: MAX_COPIES };
    const entries = await this.#options.store.entries(query);
    return entries.map(({ key }) => key.slice(key.indexOf(' ') + 1));
  }

  /** Where they wait today: a queue may have moved since. */
  async #queuedAmong(ids: readonly string[]): Promise<readonly { id: string; destination: string }[]> {
    const queued = [];
    for (const id of ids) {
      const fate = await this.#options.store.why(id);
      if (fate?.state === 'queued') queued.push({ id, destination: fate.destination });
    }
    return queued;
  }
}
