import type { Database } from 'better-sqlite3';
import { isWaypostError } from '../../core/errors.js';
import type { AgeMark, Moment } from '../age.js';
import type { EngineOperation, EngineResult, PlainError, Totals } from '../engine.js';
import type { Spaces } from '../key-value.js';
import { Ledger, TOTAL } from '../ledger.js';
import type { StoreLimits } from '../limits.js';
import { DiskRoom } from './disk-room.js';
import { EntryTable } from './entry-table.js';
import { plain, toWaypostError } from './errors.js';
import { QueueTables } from './queue-tables.js';
import { StateTable } from './state-table.js';

export interface Transaction {
  readonly operations: readonly EngineOperation[];
  readonly moment: Moment;
}

/** What one transaction of a batch came to. */
export type Outcome = { readonly results: readonly EngineResult[] } | { readonly error: PlainError };

export interface BatchResult {
  /** In the order of the transactions. */
  readonly outcomes: readonly Outcome[];
  readonly totals: Totals;
}

/**
 * Group commit: many transactions of many callers, one of SQLite's, one fsync.
 *
 * Each of them is all or nothing for itself: one that is refused takes back its own changes and leaves the others
 * alone. When the database itself fails, nothing of the batch happened, and each is tried again alone, so that
 * a message that is too much for the disk does not refuse the acknowledgement that came with it.
 */
export class SqliteWriter {
  readonly #db: Database;
  readonly #ledger = new Ledger();
  readonly #state: StateTable;
  readonly #room: DiskRoom;
  readonly #queues: QueueTables;
  readonly #entries: EntryTable;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database, limits: StoreLimits, spaces: Spaces, room = new DiskRoom()) {
    this.#db = db;
    this.#statements = prepare(db);
    this.#state = new StateTable(db);
    this.#room = room;
    this.#queues = new QueueTables(db, limits, this.#ledger, this.#state, room);
    this.#entries = new EntryTable(db, spaces, this.#ledger, this.#state, room);
    this.#load();
  }

  mark(): AgeMark | undefined {
    return this.#state.mark();
  }

  totals(): Totals {
    return { ...this.#ledger.of(TOTAL) };
  }

  commit(batch: readonly Transaction[]): BatchResult {
    this.#room.look();
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#commitTogether(batch);
    } catch (error) {
      outcomes = batch.length === 1 ? [failure(error)] : batch.map((transaction) => this.#commitAlone(transaction));
    }
    return { outcomes, totals: this.totals() };
  }

  /** Notes that the store was closed properly. The database stays open. */
  finish(moment: Moment): void {
    this.#state.keepMark(moment.mark, true);
    this.#state.markClosed();
  }

  #commitAlone(transaction: Transaction): Outcome {
    try {
      const [outcome] = this.#commitTogether([transaction]);
      return outcome ?? failure(new Error('a transaction without an outcome'));
    } catch (error) {
      return failure(error);
    }
  }

  /** Throws what the database throws, with everything as it was before. */
  #commitTogether(batch: readonly Transaction[]): readonly Outcome[] {
    this.#statements.begin.run();
    try {
      const outcomes = batch.map((transaction) => this.#run(transaction));
      const last = batch.at(-1);
      if (last) this.#state.keepMark(last.moment.mark);
      this.#statements.commit.run();
      return outcomes;
    } catch (error) {
      // SQLite rolls back by itself on some errors.
      if (this.#db.inTransaction) this.#statements.rollback.run();
      this.#load();
      throw error;
    }
  }

  #run({ operations, moment }: Transaction): Outcome {
    // An operation is refused before it writes anything, so there is something to go back to only behind one that writes.
    const several = operations.slice(0, -1).some(({ kind }) => kind !== 'require');
    if (several) this.#statements.savepoint.run();
    try {
      const results = operations.map((operation) => this.#apply(operation, moment));
      if (several) this.#statements.release.run();
      this.#ledger.keep();
      this.#queues.keep();
      return { results };
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      if (several) {
        this.#statements.rollbackTo.run();
        this.#statements.release.run();
      }
      this.#ledger.undo();
      this.#queues.undo();
      return failure(error);
    }
  }

  #apply(operation: EngineOperation, moment: Moment): EngineResult {
    switch (operation.kind) {
      case 'put':
        return this.#queues.put(operation.message, moment.mark.ageMs);
      case 'acknowledge':
        return this.#queues.leave(operation.ids, operation.destinations, 'acknowledged', moment);
      case 'purge': {
        const { destination, ids } = operation;
        if (!ids) return this.#queues.purgeAll(destination, moment);
        return this.#queues.leave(ids, [destination], 'purged', moment);
      }
      case 'thin':
        return this.#queues.leave(operation.ids, [operation.destination], 'thinned', moment);
      case 'move':
        return this.#queues.move(operation.from, operation.to, moment);
      case 'expire':
        return this.#queues.expire(operation.limitMessages, moment);
      default:
        return this.#entries.apply(operation);
    }
  }

  /** Everything that is kept in memory, read anew: at the start, and when a transaction failed half-way. */
  #load(): void {
    this.#ledger.clear();
    this.#state.reload();
    this.#queues.load();
    this.#entries.load();
    this.#ledger.keep();
  }
}

function failure(error: unknown): { error: PlainError } {
  return { error: plain(toWaypostError(error, 'writing')) };
}

function prepare(db: Database) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT several'),
    release: db.prepare('RELEASE several'),
    rollbackTo: db.prepare('ROLLBACK TO several'),
  };
}
