import type { Database, Statement } from 'better-sqlite3';
import { plainBytes } from '../../core/bytes.js';
import type { Reads } from '../engine.js';
import type { EntryQuery, StoredEntry } from '../key-value.js';
import { PRIORITIES, parseMessageId } from '../message-id.js';
import type { ListQuery, MessageFate, Page, QueuedMessage, QueueStatus } from '../message-store.js';
import { idOf, LEAVE_REASONS, type QueueRow, ROW_COLUMNS } from './rows.js';

interface ContentRow extends Pick<QueueRow, 'seq' | 'priority' | 'short_hash' | 'received_age_ms'> {
  readonly expires_at_ms: number | null;
  readonly metadata: Uint8Array;
  readonly content: Uint8Array;
}

interface CountRow {
  readonly messages: number;
  readonly bytes: number | null;
  readonly first: number | null;
  readonly last: number | null;
}

type QueuedRow = QueueRow & { readonly name: string };
type LeftRow = Pick<QueueRow, 'seq' | 'priority' | 'short_hash'> & {
  readonly name: string;
  readonly reason: number;
  readonly left_age_ms: number;
};

/** After every key that begins with a prefix: keys are ASCII. */
const BEHIND_ALL = '\x7f';

/** Answers questions on a connection of its own, which sees the last commit and waits for no fsync. */
export class SqliteReader implements Reads {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#statements = prepare(db);
  }

  list({ destinations, limitMessages, limitBytes = Infinity, after }: ListQuery, ageMs: number): QueuedMessage[] {
    const cursor = after === undefined ? undefined : parseMessageId(after);
    const [priority, sequence] = cursor ? [PRIORITIES.indexOf(cursor.priority), cursor.sequence] : [-1, 0];
    const found: QueuedMessage[] = [];
    let bytes = 0;
    for (const destination of new Set(destinations)) {
      const number = this.#statements.numberOf.get(destination);
      if (number === undefined) continue;
      for (const row of this.#statements.list.iterate(number, priority, sequence, limitMessages - found.length)) {
        bytes += row.content.length;
        if (found.length > 0 && bytes > limitBytes) return found;
        found.push(toMessage(row, destination, ageMs));
      }
      if (found.length >= limitMessages) break;
    }
    return found;
  }

  status(destination: string, ageMs: number): QueueStatus {
    const number = this.#statements.numberOf.get(destination);
    const row = number === undefined ? undefined : this.#statements.count.get(number);
    const age = (sequence: number | null | undefined) => {
      const receivedMs = typeof sequence === 'number' ? this.#statements.receivedAge.get(sequence) : undefined;
      return receivedMs === undefined ? undefined : ageMs - receivedMs;
    };
    return {
      destination,
      messages: row?.messages ?? 0,
      bytes: row?.bytes ?? 0,
      oldestAgeMs: age(row?.first),
      newestAgeMs: age(row?.last),
    };
  }

  destinations({ after = '', limit }: Page, ageMs: number): QueueStatus[] {
    return this.#statements.names.all(after, limit).map((name) => this.status(name, ageMs));
  }

  why(id: string, ageMs: number): MessageFate | undefined {
    const key = parseMessageId(id);
    if (!key) return undefined;
    const queued = this.#statements.queued.get(key.sequence);
    if (queued && idOf(queued) === id) {
      return { state: 'queued', destination: queued.name, ageMs: ageMs - queued.received_age_ms };
    }
    const left = this.#statements.left.get(key.sequence);
    const reason = left && idOf(left) === id ? LEAVE_REASONS[left.reason] : undefined;
    if (!left || !reason) return undefined;
    return { state: 'left', destination: left.name, reason, agoMs: ageMs - left.left_age_ms };
  }

  get(space: string, key: string): Uint8Array | undefined {
    const value = this.#statements.get.get(space, key);
    return value && plainBytes(value);
  }

  entries({ space, prefix = '', after = '', limit }: EntryQuery): StoredEntry[] {
    const found = this.#statements.entries.all(space, after, prefix, prefix + BEHIND_ALL, limit);
    return found.map(({ key, value }) => ({ key, value: plainBytes(value) }));
  }
}

function toMessage(row: ContentRow, destination: string, ageMs: number): QueuedMessage {
  return {
    id: idOf(row),
    destination,
    priority: PRIORITIES[row.priority] ?? 'normal',
    content: plainBytes(row.content),
    metadata: plainBytes(row.metadata),
    ageMs: ageMs - row.received_age_ms,
    expiresAtMs: row.expires_at_ms ?? undefined,
  };
}

function prepare(db: Database) {
  const pluck = <P extends unknown[], R>(sql: string) => db.prepare<P, R>(sql).pluck() as Statement<P, R>;
  return {
    numberOf: pluck<[string], number>('SELECT id FROM destinations WHERE name = ?'),
    list: db.prepare<[number, number, number, number], ContentRow>(
      `SELECT seq, priority, short_hash, received_age_ms, expires_at_ms, metadata, content
       FROM messages INDEXED BY messages_in_order
       WHERE destination = ? AND (priority, seq) > (?, ?) ORDER BY priority, seq LIMIT ?`,
    ),
    count: db.prepare<[number], CountRow>(
      `SELECT count(*) AS messages, sum(bytes) AS bytes, min(seq) AS first, max(seq) AS last
       FROM messages INDEXED BY messages_in_order WHERE destination = ?`,
    ),
    receivedAge: pluck<[number], number>('SELECT received_age_ms FROM messages WHERE seq = ?'),
    names: pluck<[string, number], string>(
      `SELECT name FROM destinations WHERE name > ?
       AND EXISTS (SELECT 1 FROM messages WHERE destination = destinations.id) ORDER BY name LIMIT ?`,
    ),
    queued: db.prepare<[number], QueuedRow>(
      `SELECT ${ROW_COLUMNS}, name FROM messages JOIN destinations ON id = destination WHERE seq = ?`,
    ),
    // Rare, and over a table that is small by its limit: an index would be paid for by every acknowledgement.
    left: db.prepare<[number], LeftRow>(
      'SELECT departures.*, name FROM departures JOIN destinations ON id = destination WHERE seq = ?',
    ),
    get: pluck<[string, string], Uint8Array>('SELECT value FROM entries WHERE space = ? AND key = ?'),
    entries: db.prepare<[string, string, string, string, number], StoredEntry>(
      'SELECT key, value FROM entries WHERE space = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
    ),
  };
}
