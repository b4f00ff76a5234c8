import { equalBytes, toHex } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import type { Moment } from './age.js';
import type { CommitResult, Engine, EngineOperation, EngineResult, Reads } from './engine.js';
import type { EntryQuery, KeyValueOperation, Spaces, StoredEntry } from './key-value.js';
import { admit, fromAccount, Ledger, sizeOf, spaceAccount, TOTAL, toAccount } from './ledger.js';
import { type StoreLimits, spaceLimits } from './limits.js';
import { formatMessageId, PRIORITIES, parseMessageId, shortHashOf } from './message-id.js';
import type {
  Departure,
  LeaveReason,
  ListQuery,
  MessageFate,
  NewMessage,
  Page,
  PutResult,
  QueuedMessage,
  QueueStatus,
} from './message-store.js';

interface Row {
  readonly id: string;
  readonly sequence: number;
  readonly message: NewMessage;
  readonly receivedAgeMs: number;
  destination: string;
}

interface Departed extends Departure {
  readonly contentHash: string;
  readonly leftAgeMs: number;
}

/**
 * The engine for tests: plain collections, the readable twin of the one on SQLite. It forgets nothing as long as the
 * object lives, so that stores can be opened on it one after another.
 */
export class MemoryEngine implements Engine {
  readonly #limits: StoreLimits;
  readonly #spaceLimits: Spaces;
  readonly #ledger = new Ledger();
  readonly #rows = new Map<number, Row>();
  #departures: Departed[] = [];
  readonly #spaces = new Map<string, Map<string, Uint8Array>>();
  #undo: (() => void)[] = [];
  #nextSequence = 1;
  /** The time when the engine was last used: what a store that is opened on it starts from. */
  lastMoment: Moment | undefined;

  constructor(limits: StoreLimits, spaces: Spaces) {
    this.#limits = limits;
    this.#spaceLimits = spaces;
  }

  async commit(operations: readonly EngineOperation[], moment: Moment): Promise<CommitResult> {
    this.lastMoment = moment;
    this.#undo = [];
    try {
      const results = operations.map((operation) => this.#apply(operation, moment));
      this.#ledger.keep();
      return { results, totals: this.totals() };
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      this.#ledger.undo();
      throw error;
    }
  }

  async read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>> {
    const read = this.#reads[method] as (...args: Parameters<Reads[M]>) => ReturnType<Reads[M]>;
    return read(...args);
  }

  async close(moment: Moment): Promise<void> {
    this.lastMoment = moment;
  }

  totals(): { messages: number; bytes: number } {
    return { ...this.#ledger.of(TOTAL) };
  }

  #apply(operation: EngineOperation, moment: Moment): EngineResult {
    switch (operation.kind) {
      case 'put':
        return this.#put(operation.message, moment.mark.ageMs);
      case 'acknowledge':
        return this.#leaveAll(this.#owned(operation.ids, operation.destinations), 'acknowledged', moment).length;
      case 'purge': {
        const { destination, ids } = operation;
        const rows = ids ? this.#owned(ids, [destination]) : this.#queue(destination);
        return this.#leaveAll(rows, 'purged', moment).length;
      }
      case 'thin':
        return this.#leaveAll(this.#owned(operation.ids, [operation.destination]), 'thinned', moment).length;
      case 'move':
        return this.#move(operation.from, operation.to, moment);
      case 'expire':
        return this.#expire(operation.limitMessages, moment);
      default:
        return this.#applyToEntry(operation);
    }
  }

  #put(message: NewMessage, ageMs: number): PutResult {
    const known = this.#find(message.destination, message.contentHash);
    if (known !== undefined) return { outcome: 'duplicate', id: known };
    const { destination, depositor, priority, contentHash } = message;
    admit(this.#ledger, this.#limits, message, toAccount(destination), fromAccount(depositor));
    const sequence = this.#nextSequence++;
    const id = formatMessageId({ priority, sequence, shortHash: shortHashOf(contentHash) });
    this.#insert({ id, sequence, message, receivedAgeMs: ageMs, destination });
    return { outcome: 'stored', id };
  }

  #find(destination: string, contentHash: Uint8Array): string | undefined {
    for (const row of this.#rows.values()) {
      if (row.destination === destination && equalBytes(row.message.contentHash, contentHash)) return row.id;
    }
    const hash = toHex(contentHash);
    return this.#departures.find(
      (left) => left.reason === 'acknowledged' && left.destination === destination && left.contentHash === hash,
    )?.id;
  }

  #insert(row: Row): void {
    this.#rows.set(row.sequence, row);
    this.#undo.push(() => this.#rows.delete(row.sequence));
    this.#book(row, row.destination, 1);
  }

  #book(row: Row, destination: string, sign: 1 | -1): void {
    const bytes = sign * sizeOf(row.message);
    for (const name of [TOTAL, toAccount(destination), fromAccount(row.message.depositor)]) {
      this.#ledger.add(name, sign, bytes);
    }
  }

  #queue(destination: string): Row[] {
    return [...this.#rows.values()]
      .filter((row) => row.destination === destination)
      .sort((a, b) => rank(a) - rank(b) || a.sequence - b.sequence);
  }

  #owned(ids: readonly string[], destinations: readonly string[] | 'any'): Row[] {
    const rows = new Set<Row>();
    for (const id of ids) {
      const row = this.#rows.get(parseMessageId(id)?.sequence ?? 0);
      if (row?.id === id && (destinations === 'any' || destinations.includes(row.destination))) rows.add(row);
    }
    return [...rows];
  }

  #leaveAll(rows: readonly Row[], reason: LeaveReason, moment: Moment): Departure[] {
    const before = this.#departures;
    this.#undo.push(() => {
      this.#departures = before;
    });
    const departures = rows.map((row) => {
      this.#rows.delete(row.sequence);
      this.#undo.push(() => this.#rows.set(row.sequence, row));
      this.#book(row, row.destination, -1);
      return { id: row.id, destination: row.destination, reason };
    });
    const contentHashes = rows.map((row) => toHex(row.message.contentHash));
    const left = departures.map((departure, i) => ({
      ...departure,
      contentHash: contentHashes[i] ?? '',
      leftAgeMs: moment.mark.ageMs,
    }));
    this.#departures = [...before, ...left].slice(-this.#limits.rememberDepartures);
    return departures;
  }

  #move(from: string, to: string, moment: Moment): number {
    if (from === to) return 0;
    const held = new Set(this.#queue(to).map((row) => toHex(row.message.contentHash)));
    const rows = this.#queue(from);
    const twice = rows.filter((row) => held.has(toHex(row.message.contentHash)));
    this.#leaveAll(twice, 'duplicate', moment);
    const moved = rows.filter((row) => !twice.includes(row));
    for (const row of moved) {
      this.#book(row, from, -1);
      row.destination = to;
      this.#undo.push(() => {
        row.destination = from;
      });
      this.#book(row, to, 1);
    }
    // What was acknowledged for the old name must not come back under the new one.
    this.#departures = this.#departures.map((left) =>
      left.destination === from ? { ...left, destination: to } : left,
    );
    return moved.length;
  }

  #expire(limitMessages: number, moment: Moment): Departure[] {
    const rows = [...this.#rows.values()];
    const { trustedNowMs = -Infinity, mark } = moment;
    const expired = rows.filter((row) => (row.message.expiresAtMs ?? Infinity) <= trustedNowMs).slice(0, limitMessages);
    const retained = rows
      .filter((row) => !expired.includes(row) && mark.ageMs - row.receivedAgeMs > this.#limits.retentionMs)
      .slice(0, limitMessages - expired.length);
    return [...this.#leaveAll(expired, 'expired', moment), ...this.#leaveAll(retained, 'retention', moment)];
  }

  #applyToEntry(operation: KeyValueOperation): undefined {
    const { space: name, key } = operation;
    const space = this.#spaces.get(name) ?? new Map<string, Uint8Array>();
    const value = space.get(key);
    if (operation.kind === 'require') {
      const expected = operation.value;
      const same = value && expected ? equalBytes(value, expected) : value === expected;
      if (same) return undefined;
      throw new WaypostError('ERR_STORE_CONFLICT', `${quote(key)} in ${quote(name)} is not as required`, {
        retryable: true,
      });
    }
    const next = new Map(space);
    next.delete(key);
    if (operation.kind === 'set') {
      const limits = spaceLimits(this.#spaceLimits, name);
      if (next.size >= limits.maxEntries && limits.whenFull === 'refuse') {
        throw new WaypostError('ERR_STORE_FULL', `the space ${name} holds ${limits.maxEntries} entries, its limit`, {
          retryable: true,
        });
      }
      next.set(key, operation.value);
      for (const oldest of next.keys()) {
        if (next.size <= limits.maxEntries) break;
        next.delete(oldest);
      }
    }
    this.#spaces.set(name, next);
    this.#undo.push(() => this.#spaces.set(name, space));
    this.#ledger.add(spaceAccount(name), next.size - space.size, 0);
    return undefined;
  }

  readonly #reads: Reads = {
    list: (query, ageMs) => this.#list(query, ageMs),
    status: (destination, ageMs) => this.#status(destination, ageMs),
    destinations: (page, ageMs) => this.#destinations(page, ageMs),
    why: (id, ageMs) => this.#why(id, ageMs),
    get: (space, key) => copy(this.#spaces.get(space)?.get(key)),
    entries: (query) => this.#entries(query),
  };

  #list({ destinations, limitMessages, limitBytes = Infinity, after }: ListQuery, ageMs: number): QueuedMessage[] {
    const cursor = after === undefined ? undefined : parseMessageId(after);
    const found: QueuedMessage[] = [];
    let bytes = 0;
    for (const row of [...new Set(destinations)].flatMap((destination) => this.#queue(destination))) {
      const { priority, content, metadata, expiresAtMs } = row.message;
      const cursorRank = cursor ? PRIORITIES.indexOf(cursor.priority) : -1;
      if (cursor && (rank(row) - cursorRank || row.sequence - cursor.sequence) <= 0) continue;
      bytes += content.length;
      if (found.length >= limitMessages || (found.length > 0 && bytes > limitBytes)) break;
      found.push({
        id: row.id,
        destination: row.destination,
        priority,
        content: new Uint8Array(content),
        metadata: new Uint8Array(metadata ?? []),
        ageMs: ageMs - row.receivedAgeMs,
        expiresAtMs,
      });
    }
    return found;
  }

  #status(destination: string, ageMs: number): QueueStatus {
    const rows = this.#queue(destination).sort((a, b) => a.sequence - b.sequence);
    const [first, last] = [rows.at(0), rows.at(-1)];
    return {
      destination,
      ...this.#ledger.of(toAccount(destination)),
      oldestAgeMs: first && ageMs - first.receivedAgeMs,
      newestAgeMs: last && ageMs - last.receivedAgeMs,
    };
  }

  #destinations({ after = '', limit }: Page, ageMs: number): QueueStatus[] {
    const names = [...new Set([...this.#rows.values()].map((row) => row.destination))].sort();
    const page = names.filter((name) => name > after).slice(0, limit);
    return page.map((name) => this.#status(name, ageMs));
  }

  #why(id: string, ageMs: number): MessageFate | undefined {
    const [row] = this.#owned([id], 'any');
    if (row) return { state: 'queued', destination: row.destination, ageMs: ageMs - row.receivedAgeMs };
    const left = this.#departures.find((departure) => departure.id === id);
    if (!left) return undefined;
    return { state: 'left', destination: left.destination, reason: left.reason, agoMs: ageMs - left.leftAgeMs };
  }

  #entries({ space, prefix = '', after = '', limit }: EntryQuery): StoredEntry[] {
    return [...(this.#spaces.get(space) ?? [])]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([key, value]) => ({ key, value: new Uint8Array(value) }));
  }
}

function rank(row: Row): number {
  return PRIORITIES.indexOf(row.message.priority);
}

function copy(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes);
}
