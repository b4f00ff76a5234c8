import { createHash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import { BoundedCache } from '../../core/bounded-cache.js';
import { equalBytes } from '../../core/bytes.js';
import type { Moment } from '../age.js';
import { admit, fromAccount, type Ledger, sizeOf, TOTAL, toAccount } from '../ledger.js';
import type { StoreLimits } from '../limits.js';
import { formatMessageId, PRIORITIES, parseMessageId, shortHashOf } from '../message-id.js';
import type { Departure, LeaveReason, NewMessage, PutResult } from '../message-store.js';
import type { DiskRoom } from './disk-room.js';
import { RecentHashes } from './recent-hashes.js';
import { idOf, LEAVE_REASONS, type QueueRow, ROW_COLUMNS } from './rows.js';
import type { StateTable } from './state-table.js';

/** Destinations and depositors whose number is remembered; the others cost a look-up or a hash. */
const NUMBERS_REMEMBERED = 4096;
/** Names of destinations that nothing refers to any more are swept out after so many new ones. */
const NAMES_BEFORE_SWEEP = 1000;

type PutParameters = [
  seq: number,
  destination: number,
  priority: number,
  depositor: number,
  bytes: number,
  shortHash: number,
  receivedAgeMs: number,
  expiresAtMs: number | null,
  contentHash: Uint8Array,
  metadata: Uint8Array,
  content: Uint8Array,
];

/**
 * The tables of queued and of departed messages. Everything here happens inside a transaction of the writer, which
 * calls `keep` or `undo` afterwards for what is remembered in memory.
 */
export class QueueTables {
  readonly #db: Database;
  readonly #limits: StoreLimits;
  readonly #ledger: Ledger;
  readonly #state: StateTable;
  readonly #room: DiskRoom;
  readonly #statements: ReturnType<typeof prepare>;
  #recent: RecentHashes;
  #numbers = new BoundedCache<string, number>(NUMBERS_REMEMBERED);
  readonly #depositors = new BoundedCache<string, number>(NUMBERS_REMEMBERED);
  #left: { n: number; shortHash: number }[] = [];
  #newNames = 0;

  constructor(db: Database, limits: StoreLimits, ledger: Ledger, state: StateTable, room: DiskRoom) {
    this.#db = db;
    this.#limits = limits;
    this.#ledger = ledger;
    this.#state = state;
    this.#room = room;
    this.#statements = prepare(db);
    this.#recent = new RecentHashes(limits.rememberDepartures);
  }

  /** Fills the ledger and the memory of departures from the tables. */
  load(): void {
    const rows = this.#db.prepare<[], { destination: number; depositor: number; messages: number; bytes: number }>(
      `SELECT destination, depositor, count(*) AS messages, sum(bytes) AS bytes
       FROM messages INDEXED BY messages_in_order GROUP BY destination, depositor`,
    );
    for (const { destination, depositor, messages, bytes } of rows.iterate()) {
      this.#count(destination, depositor, messages, bytes);
    }
    this.#recent = new RecentHashes(this.#limits.rememberDepartures);
    const acknowledged = this.#db.prepare<[number], { n: number; short_hash: number }>(
      'SELECT n, short_hash FROM departures WHERE reason = ? ORDER BY n',
    );
    for (const row of acknowledged.iterate(LEAVE_REASONS.indexOf('acknowledged'))) {
      this.#recent.add(row.n, row.short_hash);
    }
    this.undo();
  }

  keep(): void {
    for (const { n, shortHash } of this.#left) this.#recent.add(n, shortHash);
    this.#left = [];
  }

  undo(): void {
    this.#left = [];
    this.#numbers = new BoundedCache(NUMBERS_REMEMBERED);
  }

  put(message: NewMessage, ageMs: number): PutResult {
    const shortHash = shortHashOf(message.contentHash);
    const known = this.#findContent(message, shortHash);
    if (known) return { outcome: 'duplicate', id: idOf(known) };

    // Nothing is written before this: a refusal alone in its transaction needs no rollback.
    const existing = this.#numberOf(message.destination);
    const depositor = this.#depositorNumber(message.depositor);
    admit(this.#ledger, this.#limits, message, toAccount(existing ?? 'a new destination'), fromAccount(depositor));
    this.#room.admit(sizeOf(message), message.priority);

    const destination = existing ?? this.#nameDestination(message.destination);
    const sequence = this.#state.nextSequence();
    const bytes = sizeOf(message);
    this.#statements.insert.run(
      sequence,
      destination,
      PRIORITIES.indexOf(message.priority),
      depositor,
      bytes,
      shortHash,
      ageMs,
      message.expiresAtMs ?? null,
      message.contentHash,
      message.metadata ?? new Uint8Array(),
      message.content,
    );
    this.#count(destination, depositor, 1, bytes);
    return { outcome: 'stored', id: formatMessageId({ priority: message.priority, sequence, shortHash }) };
  }

  /** Deletes those of the ids that are queued for one of the destinations. */
  leave(ids: readonly string[], destinations: readonly string[] | 'any', reason: LeaveReason, moment: Moment): number {
    const numbers = destinations === 'any' ? 'any' : new Set(destinations.map((name) => this.#numberOf(name)));
    let count = 0;
    for (const id of ids) {
      const key = parseMessageId(id);
      const row = key && this.#statements.bySequence.get(key.sequence);
      if (!row || idOf(row) !== id || (numbers !== 'any' && !numbers.has(row.destination))) continue;
      this.#remove(row, reason, moment);
      count++;
    }
    return count;
  }

  purgeAll(destination: string, moment: Moment): number {
    const number = this.#numberOf(destination);
    if (number === undefined) return 0;
    const rows = this.#statements.ofDestination.all(number);
    for (const row of rows) this.#remove(row, 'purged', moment);
    return rows.length;
  }

  move(from: string, to: string, moment: Moment): number {
    const source = this.#numberOf(from);
    if (source === undefined || from === to) return 0;
    const moving = this.#ledger.of(toAccount(source));
    const target = this.#numberOf(to);
    if (target === undefined || this.#ledger.of(toAccount(target)).messages === 0) {
      // The usual case, whatever the length of the queue: it gets another name.
      const count = moving.messages;
      if (target !== undefined) {
        this.#statements.moveDepartures.run(source, target);
        this.#statements.forgetName.run(target);
      }
      this.#statements.rename.run(to, source);
      this.#numbers.delete(from);
      this.#numbers.set(to, source);
      return count;
    }
    for (const row of this.#statements.inBoth.all(target, source)) this.#remove(row, 'duplicate', moment);
    const { messages, bytes } = this.#ledger.of(toAccount(source));
    const count = messages;
    this.#statements.moveMessages.run(target, source);
    this.#statements.moveDepartures.run(target, source);
    this.#ledger.add(toAccount(target), messages, bytes);
    this.#ledger.add(toAccount(source), -count, -bytes);
    return count;
  }

  expire(limit: number, moment: Moment): Departure[] {
    const expired =
      moment.trustedNowMs === undefined ? [] : this.#statements.overExpiry.all(moment.trustedNowMs, limit);
    const departures = expired.map((row) => this.#remove(row, 'expired', moment));
    const retained = this.#overRetention(moment.mark.ageMs, limit - departures.length);
    departures.push(...retained.map((row) => this.#remove(row, 'retention', moment)));
    if (this.#newNames > NAMES_BEFORE_SWEEP) this.#sweepNames();
    return departures;
  }

  #overRetention(ageMs: number, limit: number): QueueRow[] {
    const rows: QueueRow[] = [];
    if (limit < 1) return rows;
    for (const row of this.#statements.fromOldest.iterate(limit)) {
      if (ageMs - row.received_age_ms <= this.#limits.retentionMs) break;
      rows.push(row);
    }
    return rows;
  }

  #remove(row: QueueRow, reason: LeaveReason, moment: Moment): Departure {
    const { seq, destination, priority, short_hash: shortHash } = row;
    this.#statements.delete.run(seq);
    const { lastInsertRowid } = this.#statements.depart.run(
      seq,
      destination,
      priority,
      shortHash,
      LEAVE_REASONS.indexOf(reason),
      moment.mark.ageMs,
      row.content_hash,
    );
    const n = Number(lastInsertRowid);
    this.#statements.forgetDeparture.run(n - this.#limits.rememberDepartures);
    if (reason === 'acknowledged') this.#left.push({ n, shortHash });
    this.#count(destination, row.depositor, -1, -row.bytes);
    return { id: idOf(row), destination: this.#statements.nameOf.get(destination) ?? '', reason };
  }

  #findContent(
    message: NewMessage,
    shortHash: number,
  ): { seq: number; priority: number; short_hash: number } | undefined {
    const destination = this.#numberOf(message.destination);
    if (destination === undefined) return undefined;
    const queued = this.#statements.byHash.get(shortHash, destination, message.contentHash);
    if (queued) return queued;
    const n = this.#recent.find(shortHash);
    const left = n === undefined ? undefined : this.#statements.departure.get(n);
    const same = left?.destination === destination && equalBytes(left.content_hash, message.contentHash);
    return same ? left : undefined;
  }

  #count(destination: number, depositor: number, messages: number, bytes: number): void {
    for (const name of [TOTAL, toAccount(destination), fromAccount(depositor)]) this.#ledger.add(name, messages, bytes);
  }

  #numberOf(name: string): number | undefined {
    const known = this.#numbers.get(name) ?? this.#statements.numberOf.get(name);
    if (known !== undefined) this.#numbers.set(name, known);
    return known;
  }

  #depositorNumber(name: string): number {
    const number = this.#depositors.get(name) ?? shortHashOf(createHash('sha256').update(name).digest());
    this.#depositors.set(name, number);
    return number;
  }

  #nameDestination(name: string): number {
    const number = Number(this.#statements.name.run(name).lastInsertRowid);
    this.#numbers.set(name, number);
    this.#newNames++;
    return number;
  }

  #sweepNames(): void {
    this.#statements.sweepNames.run();
    this.#numbers = new BoundedCache(NUMBERS_REMEMBERED);
    this.#newNames = 0;
  }
}

type Id = { seq: number; priority: number; short_hash: number };
type Left = Id & { destination: number; content_hash: Uint8Array };

function prepare(db: Database) {
  const rows = `SELECT ${ROW_COLUMNS} FROM messages`;
  const departureColumns = 'seq, destination, priority, short_hash, reason, left_age_ms, content_hash';
  return {
    insert: db.prepare<PutParameters>('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    delete: db.prepare<[number]>('DELETE FROM messages WHERE seq = ?'),
    bySequence: db.prepare<[number], QueueRow>(`${rows} WHERE seq = ?`),
    byHash: db.prepare<[number, number, Uint8Array], Id>(
      `SELECT seq, priority, short_hash FROM messages INDEXED BY messages_by_hash
       WHERE short_hash = ? AND destination = ? AND content_hash = ?`,
    ),
    ofDestination: db.prepare<[number], QueueRow>(`${rows} INDEXED BY messages_in_order WHERE destination = ?`),
    inBoth: db.prepare<[number, number], QueueRow>(
      `${rows} AS mine INDEXED BY messages_in_order WHERE EXISTS (
         SELECT 1 FROM messages AS other INDEXED BY messages_by_hash WHERE other.short_hash = mine.short_hash
         AND other.destination = ? AND other.content_hash = mine.content_hash) AND destination = ?`,
    ),
    overExpiry: db.prepare<[number, number], QueueRow>(
      `${rows} INDEXED BY messages_by_expiry WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?`,
    ),
    fromOldest: db.prepare<[number], QueueRow>(`${rows} ORDER BY seq LIMIT ?`),
    moveMessages: db.prepare<[number, number]>('UPDATE messages SET destination = ? WHERE destination = ?'),
    depart: db.prepare(`INSERT INTO departures (${departureColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`),
    departure: db.prepare<[number], Left>('SELECT * FROM departures WHERE n = ?'),
    forgetDeparture: db.prepare<[number]>('DELETE FROM departures WHERE n <= ?'),
    moveDepartures: db.prepare<[number, number]>('UPDATE departures SET destination = ? WHERE destination = ?'),
    name: db.prepare<[string]>('INSERT INTO destinations (name) VALUES (?)'),
    rename: db.prepare<[string, number]>('UPDATE destinations SET name = ? WHERE id = ?'),
    forgetName: db.prepare<[number]>('DELETE FROM destinations WHERE id = ?'),
    numberOf: db.prepare<[string], number>('SELECT id FROM destinations WHERE name = ?').pluck() as Statement<
      [string],
      number
    >,
    nameOf: db.prepare<[number], string>('SELECT name FROM destinations WHERE id = ?').pluck() as Statement<
      [number],
      string
    >,
    sweepNames: db.prepare<[]>(
      `DELETE FROM destinations WHERE id NOT IN (SELECT destination FROM departures)
       AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.destination = destinations.id)`,
    ),
  };
}
