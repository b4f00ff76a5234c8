import { isWaypostError } from '../../core/errors.js';
import type { MessageStore } from '../../store/message-store.js';
import { CUSTODY } from '../mediation/spaces.js';

const PLEDGED = new Uint8Array([1]);
const PASSED = new Uint8Array([2]);

/**
 * Who answers for a message of which two stations have a copy. A station that says "I have it" has *pledged* it and keeps
 * it until the recipient has it: the other one may have deleted its copy because of that word. A station that deleted its
 * copy has *passed* it, and never says again that it has it.
 *
 * So nobody does both. Otherwise two stations, or three in a ring, could each delete a message because of the other's
 * word, when their words cross on different sticks.
 */
export class Custody {
  readonly #store: Pick<MessageStore, 'get' | 'transact'>;

  constructor(store: Pick<MessageStore, 'get' | 'transact'>) {
    this.#store = store;
  }

  /** False when this station has passed the message on. Durable when it resolves. `id` is that of a queued message. */
  async pledge(id: string): Promise<boolean> {
    try {
      await this.#store.transact([
        { kind: 'require', space: CUSTODY, key: id, value: undefined },
        { kind: 'set', space: CUSTODY, key: id, value: PLEDGED },
      ]);
      return true;
    } catch (error) {
      if (!isWaypostError(error, 'ERR_STORE_CONFLICT')) throw error;
      return (await this.#store.get(CUSTODY, id))?.[0] === PLEDGED[0];
    }
  }

  /** Whether this station deleted its copy of a message because another one has it. */
  async wasPassed(id: string): Promise<boolean> {
    return (await this.#store.get(CUSTODY, id))?.[0] === PASSED[0];
  }

  /** Deletes a message because another station has pledged it; nothing happens to one that was pledged here. */
  async pass(id: string, destination: string): Promise<boolean> {
    try {
      const [, deleted] = await this.#store.transact([
        { kind: 'require', space: CUSTODY, key: id, value: undefined },
        { kind: 'acknowledge', ids: [id], destinations: [destination] },
        { kind: 'set', space: CUSTODY, key: id, value: PASSED },
      ]);
      return deleted > 0;
    } catch (error) {
      if (!isWaypostError(error, 'ERR_STORE_CONFLICT')) throw error;
      return false;
    }
  }
}
