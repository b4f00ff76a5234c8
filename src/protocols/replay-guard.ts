import { concatBytes, equalBytes, utf8 } from '../core/bytes.js';
import { Mutex } from '../core/mutex.js';
import type { Primitives } from '../crypto/primitives.js';
import type { MessageStore, Operation } from '../store/message-store.js';
import { REMEMBERED_REQUESTS, REQUEST_HASH_BYTES, REQUESTS } from './mediation/spaces.js';

/**
 * Remembers durably which requests a sender has made, so that somebody who recorded one cannot have it again. The last
 * {@link REMEMBERED_REQUESTS} of each sender count; nobody can push out what another one sent.
 *
 * Only requests whose repetition would do something need it. `messages-received` does not: ids are never given twice
 * and what was acknowledged is gone.
 */
export class ReplayGuard {
  readonly #store: Pick<MessageStore, 'get'>;
  readonly #primitives: Primitives;
  readonly #mutex = new Mutex();

  constructor(store: Pick<MessageStore, 'get'>, primitives: Primitives) {
    this.#store = store;
    this.#primitives = primitives;
  }

  /**
   * Runs `act` when the request is new, `refuse` when it was there before. `act` must make `remember` part of its own
   * transaction: then the request is remembered exactly when it had its effect. Ids compare without regard to case.
   */
  async once<T>(
    sender: string,
    id: string,
    act: (remember: readonly Operation[]) => Promise<T>,
    refuse: () => Promise<T>,
  ): Promise<T> {
    return this.#mutex.run(async () => {
      const hash = this.#primitives.sha256(utf8(`${sender}\n${id.toLowerCase()}`)).subarray(0, REQUEST_HASH_BYTES);
      const seen = (await this.#store.get(REQUESTS, sender)) ?? new Uint8Array();
      for (let at = 0; at < seen.length; at += REQUEST_HASH_BYTES) {
        if (equalBytes(seen.subarray(at, at + REQUEST_HASH_BYTES), hash)) return refuse();
      }
      const latest = seen.subarray(0, (REMEMBERED_REQUESTS - 1) * REQUEST_HASH_BYTES);
      return act([{ kind: 'set', space: REQUESTS, key: sender, value: concatBytes(hash, latest) }]);
    });
  }
}
