import type { Database, Statement } from 'better-sqlite3';
import { quote, WaypostError } from '../../core/errors.js';
import type { KeyValueOperation, Spaces } from '../key-value.js';
import { type Ledger, spaceAccount } from '../ledger.js';
import { spaceLimits } from '../limits.js';
import type { DiskRoom } from './disk-room.js';
import type { StateTable } from './state-table.js';

/** The table of all spaces, from the writer's side. */
export class EntryTable {
  readonly #db: Database;
  readonly #spaces: Spaces;
  readonly #ledger: Ledger;
  readonly #state: StateTable;
  readonly #room: DiskRoom;
  readonly #get: Statement<[string, string], { value: Uint8Array }>;
  readonly #set: Statement<[string, string, number | null, Uint8Array]>;
  readonly #delete: Statement<[string, string]>;
  readonly #forgetOldest: Statement<[string]>;

  constructor(db: Database, spaces: Spaces, ledger: Ledger, state: StateTable, room: DiskRoom) {
    this.#db = db;
    this.#spaces = spaces;
    this.#ledger = ledger;
    this.#state = state;
    this.#room = room;
    this.#get = db.prepare('SELECT value FROM entries WHERE space = ? AND key = ?');
    this.#set = db.prepare(
      `INSERT INTO entries (space, key, written, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (space, key) DO UPDATE SET written = excluded.written, value = excluded.value`,
    );
    this.#delete = db.prepare('DELETE FROM entries WHERE space = ? AND key = ?');
    this.#forgetOldest = db.prepare(
      `DELETE FROM entries WHERE (space, key) = (
         SELECT space, key FROM entries WHERE space = ? AND written IS NOT NULL ORDER BY written LIMIT 1)`,
    );
  }

  load(): void {
    const counts = this.#db.prepare<[], { space: string; entries: number }>(
      'SELECT space, count(*) AS entries FROM entries GROUP BY space',
    );
    for (const { space, entries } of counts.iterate()) this.#ledger.add(spaceAccount(space), entries, 0);
  }

  apply(operation: KeyValueOperation): undefined {
    const { space, key } = operation;
    const present = this.#get.get(space, key);
    if (operation.kind === 'require') {
      const expected = operation.value;
      const same = present && expected ? Buffer.compare(present.value, expected) === 0 : present?.value === expected;
      if (same) return;
      throw new WaypostError('ERR_STORE_CONFLICT', `${quote(key)} in ${quote(space)} is not as required`, {
        retryable: true,
      });
    }
    if (operation.kind === 'delete') {
      if (present) this.#count(space, -this.#delete.run(space, key).changes);
      return;
    }
    const { maxEntries, whenFull } = spaceLimits(this.#spaces, space);
    const forgets = whenFull === 'forget-oldest';
    const entries = () => this.#ledger.of(spaceAccount(space)).messages;
    if (!present && !forgets && entries() >= maxEntries) {
      throw new WaypostError('ERR_STORE_FULL', `the space ${space} holds ${maxEntries} entries, its limit`, {
        retryable: true,
      });
    }
    const grownBytes = operation.value.length - (present?.value.length ?? -key.length);
    if (grownBytes > 0) this.#room.admit(grownBytes, 'expedited');
    this.#set.run(space, key, forgets ? this.#state.nextSequence() : null, operation.value);
    if (present) return;
    this.#count(space, 1);
    // More than one when the limit was lowered since; none left to forget when the space did not forget before.
    while (forgets && entries() > maxEntries) {
      const forgotten = this.#forgetOldest.run(space).changes;
      if (forgotten === 0) break;
      this.#count(space, -forgotten);
    }
  }

  #count(space: string, entries: number): void {
    this.#ledger.add(spaceAccount(space), entries, 0);
  }
}
