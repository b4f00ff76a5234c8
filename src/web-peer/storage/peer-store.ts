import type { PersistentMap } from '../../did/persistent-map.js';
import type { Carried } from '../../mailbox/carry.js';
import { CustodyStore } from './custody-store.js';
import { resultOf, type StoreName, transact } from './database.js';
import type { ChatMessage, Contact, IncomingMessage, OutboxEntry, OutgoingMessage, OwnRecord } from './records.js';

const OWN = 'own';

/** Everything that the web peer keeps. What a method writes is on disk when it resolves. Throws ERR_STORE_FULL, ERR_STORE_FAILED. */
export class PeerStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** Undefined in a browser that was not set up. */
  own(): Promise<OwnRecord | undefined> {
    return this.#read<OwnRecord | undefined>('own', (store) => store.get(OWN));
  }

  async putOwn(own: OwnRecord): Promise<void> {
    await transact(this.#database, ['own'], 'readwrite', (store) => resultOf(store('own').put(own, OWN)));
  }

  contacts(): Promise<readonly Contact[]> {
    return this.#read<Contact[]>('contacts', (store) => store.getAll());
  }

  contact(did: string): Promise<Contact | undefined> {
    return this.#read<Contact | undefined>('contacts', (store) => store.get(did));
  }

  /** Of one contact, in the order in which they were written or came. */
  async messages(contact: string): Promise<readonly ChatMessage[]> {
    const messages = await this.#read<ChatMessage[]>('messages', (store) => store.getAll(ofContact(contact)));
    return messages.sort((a, b) => a.atMs - b.atMs);
  }

  /** A contact as it is from now on; `outbox` are acknowledgements that it had to wait for. */
  async putContact(contact: Contact, outbox: readonly OutboxEntry[] = []): Promise<void> {
    await transact(this.#database, ['contacts', 'messages', 'outbox'], 'readwrite', async (store) => {
      store('contacts').put(contact);
      for (const entry of outbox) store('outbox').add(entry);
      if (!contact.isAccepted) return;
      const messages = await resultOf<ChatMessage[]>(store('messages').getAll(ofContact(contact.did)));
      for (const message of messages) {
        if (message.direction === 'in') store('messages').put({ ...message, unacknowledged: [] });
      }
    });
  }

  async removeContact(did: string): Promise<void> {
    await transact(this.#database, ['contacts', 'messages'], 'readwrite', async (store) => {
      store('contacts').delete(did);
      await resultOf(store('messages').delete(ofContact(did)));
    });
  }

  /** A message of ours, waiting. */
  async putOutgoing(message: OutgoingMessage, entry: OutboxEntry): Promise<void> {
    await transact(this.#database, ['messages', 'outbox'], 'readwrite', async (store) => {
      store('messages').add(message);
      await resultOf(store('outbox').add(entry));
    });
  }

  /**
   * A message for us, with what it leads to. False, and nothing is written, when it is here already, but for `outbox`: the
   * acknowledgement of it may have been lost.
   */
  putIncoming(message: IncomingMessage, contact: Contact, outbox: readonly OutboxEntry[]): Promise<boolean> {
    return transact(this.#database, ['messages', 'contacts', 'outbox'], 'readwrite', async (store) => {
      const key = [message.contact, message.direction, message.id];
      const isNew = (await resultOf(store('messages').getKey(key))) === undefined;
      if (isNew) {
        store('messages').add(message);
        store('contacts').put(contact);
      }
      for (const entry of outbox) store('outbox').add(entry);
      return isNew;
    });
  }

  /** Something that waits to be sent and stands in no conversation. */
  async putOutbox(entry: OutboxEntry): Promise<void> {
    await transact(this.#database, ['outbox'], 'readwrite', (store) => resultOf(store('outbox').add(entry)));
  }

  /** What waits to be sent, oldest first. */
  outbox(): Promise<readonly OutboxEntry[]> {
    return this.#read<OutboxEntry[]>('outbox', (store) => store.getAll());
  }

  /** The gateway has an entry, or refused it for good. */
  async settleOutbox({ number, contact, message }: OutboxEntry, problem: string | undefined): Promise<void> {
    await transact(this.#database, ['messages', 'outbox'], 'readwrite', async (store) => {
      if (number !== undefined) store('outbox').delete(number);
      const known = await resultOf<OutgoingMessage | undefined>(store('messages').get([contact, 'out', message.id]));
      if (known?.state !== 'waiting') return;
      const settled = problem === undefined ? { state: 'held' as const } : { state: 'refused' as const, problem };
      store('messages').put({ ...known, ...settled });
    });
  }

  /** How an entry is shown to a camera, from now on. */
  async putCarried(entry: OutboxEntry, carried: Carried): Promise<void> {
    await transact(this.#database, ['outbox'], 'readwrite', async (store) => {
      const known = await resultOf<OutboxEntry | undefined>(store('outbox').get(entry.number ?? -1));
      if (known !== undefined) store('outbox').put({ ...known, carried });
    });
  }

  /** Entries were on the screen, all of each. */
  async markShown(entries: readonly OutboxEntry[], shownAtMs: number): Promise<void> {
    await transact(this.#database, ['messages'], 'readwrite', async (store) => {
      for (const { contact, message } of entries) {
        const known = await resultOf<OutgoingMessage | undefined>(store('messages').get([contact, 'out', message.id]));
        if (known !== undefined) store('messages').put({ ...known, shownAtMs });
      }
    });
  }

  /** The contact acknowledged messages of ours: nobody else's word counts. */
  async deliver(contact: string, ids: readonly string[]): Promise<void> {
    await transact(this.#database, ['messages', 'outbox'], 'readwrite', async (store) => {
      for (const id of ids) {
        const known = await resultOf<OutgoingMessage | undefined>(store('messages').get([contact, 'out', id]));
        if (known === undefined) continue;
        store('messages').put({ ...known, state: 'delivered' });
        // It went another way than by a connection: it need not be sent any more.
        if (known.state === 'waiting') await removeFromOutbox(store('outbox'), contact, id);
      }
    });
  }

  /** Long forms of the DIDs of others, by short form. */
  get longForms(): PersistentMap {
    return {
      get: (key) => this.#read<string | undefined>('longForms', (store) => store.get(key)),
      set: async (key, value) => {
        await transact(this.#database, ['longForms'], 'readwrite', (store) =>
          resultOf(store('longForms').put(value, key)),
        );
      },
    };
  }

  /** What the gateway passes on to contacts elsewhere. */
  get custody(): CustodyStore {
    return new CustodyStore(this.#database);
  }

  /** Forgets everything: keys, contacts, conversations. */
  async erase(): Promise<void> {
    const all: StoreName[] = ['own', 'contacts', 'messages', 'outbox', 'longForms', 'custody'];
    await transact(this.#database, all, 'readwrite', async (store) => {
      for (const name of all) await resultOf(store(name).clear());
    });
  }

  #read<T>(name: StoreName, ask: (store: IDBObjectStore) => IDBRequest): Promise<T> {
    return transact(this.#database, [name], 'readonly', (store) => resultOf<T>(ask(store(name))));
  }
}

async function removeFromOutbox(outbox: IDBObjectStore, contact: string, id: string): Promise<void> {
  for (const entry of await resultOf<OutboxEntry[]>(outbox.getAll())) {
    if (entry.contact === contact && entry.message.id === id) outbox.delete(entry.number ?? -1);
  }
}

/** Arrays compare member by member, and an array comes after every text (Indexed Database API 3.0, "Keys"). */
function ofContact(contact: string): IDBKeyRange {
  return IDBKeyRange.bound([contact], [contact, []]);
}
