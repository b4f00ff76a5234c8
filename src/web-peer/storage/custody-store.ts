import { resultOf, transact } from './database.js';
import type { CustodyRecord, OutgoingMessage } from './records.js';

/** What a statement of the gateway leads to; members that are missing stay as they are. */
export interface CustodyChange {
  readonly message?: OutgoingMessage;
  /** `closed`: there is nothing more to learn. */
  readonly record?: CustodyRecord | 'closed';
}

/** Messages that the gateway passes on to contacts elsewhere. On disk when a method resolves. Throws what `transact` throws. */
export class CustodyStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async put(record: CustodyRecord): Promise<void> {
    await transact(this.#database, ['custody'], 'readwrite', (store) => resultOf(store('custody').put(record)));
  }

  /**
   * Those of which there is something to learn, in the order of their hashes. Forgets the others: of messages that have
   * come further or were deleted, and those packed before `sinceMs`.
   */
  open(sinceMs: number): Promise<readonly CustodyRecord[]> {
    return transact(this.#database, ['custody', 'messages'], 'readwrite', async (store) => {
      const open: CustodyRecord[] = [];
      for (const record of await resultOf<CustodyRecord[]>(store('custody').getAll())) {
        const message = await resultOf<OutgoingMessage | undefined>(store('messages').get(keyOf(record)));
        const isOpen = message?.state === 'waiting' || message?.state === 'held';
        if (isOpen && record.atMs >= sinceMs) open.push(record);
        else store('custody').delete(record.sha256);
      }
      return open;
    });
  }

  /** Changes what is known of a message as `change` says; nothing where no message of that hash is followed. */
  update(sha256: string, change: (record: CustodyRecord, message: OutgoingMessage) => CustodyChange): Promise<void> {
    return transact(this.#database, ['custody', 'messages'], 'readwrite', async (store) => {
      const known = await resultOf<CustodyRecord | undefined>(store('custody').get(sha256));
      if (known === undefined) return;
      const before = await resultOf<OutgoingMessage | undefined>(store('messages').get(keyOf(known)));
      if (before === undefined) return;
      const { message, record } = change(known, before);
      if (message !== undefined) store('messages').put(message);
      if (record === 'closed') store('custody').delete(sha256);
      else if (record !== undefined) store('custody').put(record);
    });
  }
}

function keyOf({ contact, id }: CustodyRecord): IDBValidKey {
  return [contact, 'out', id];
}
