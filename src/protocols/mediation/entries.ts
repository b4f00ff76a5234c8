import { BoundedCache } from '../../core/bounded-cache.js';
import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { KeyValueOperation } from '../../store/key-value.js';
import type { MessageStore, Operation } from '../../store/message-store.js';

const CACHED_ENTRIES = 10_000;
const ABSENT = new Uint8Array();

type Store = Pick<MessageStore, 'get' | 'entries' | 'transact'>;

/**
 * Entries of the store with a cache in front: each forward asks for one. All writes to the spaces that are read here
 * go through it, or the cache would not know.
 */
export class Entries {
  readonly #store: Store;
  readonly #cache = new BoundedCache<string, { readonly value: Uint8Array | undefined }>(CACHED_ENTRIES);
  /** Counts writes. What was read while one happened may be older than it, and is not kept. */
  #writes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get writes(): number {
    return this.#writes;
  }

  async get(space: string, key: string): Promise<Uint8Array | undefined> {
    const name = `${space} ${key}`;
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached.value;
    const before = this.#writes;
    const value = await this.#store.get(space, key);
    if (this.#writes === before) this.#cache.set(name, { value });
    return value;
  }

  /** All keys with a prefix, without it. */
  async keysAfter(space: string, prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for (;;) {
      const last = keys.at(-1);
      const query = { space, prefix, limit: 1000, ...(last === undefined ? {} : { after: `${prefix}${last}` }) };
      const page = await this.#store.entries(query);
      for (const { key } of page) keys.push(key.slice(prefix.length));
      if (page.length < query.limit) return keys;
    }
  }

  async transact(operations: readonly Operation[]): Promise<void> {
    this.#writes++;
    try {
      await this.#store.transact(operations);
    } finally {
      this.#writes++;
      for (const operation of operations) {
        if (operation.kind === 'set' || operation.kind === 'delete') {
          this.#cache.delete(`${operation.space} ${operation.key}`);
        }
      }
    }
  }
}

/** Changes that belong together: they see each other while they are planned, and happen at once or not at all. */
export class Draft {
  readonly #entries: Entries;
  readonly #values = new Map<string, unknown>();
  readonly #changes = new Map<string, KeyValueOperation>();
  readonly #others: Operation[] = [];

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** A JSON value that this program wrote. */
  async get<T>(space: string, key: string): Promise<T | undefined> {
    const name = `${space} ${key}`;
    if (this.#values.has(name)) return this.#values.get(name) as T | undefined;
    return decode<T>(await this.#entries.get(space, key));
  }

  set(space: string, key: string, value: unknown): void {
    this.#values.set(`${space} ${key}`, value);
    this.#changes.set(`${space} ${key}`, { kind: 'set', space, key, value: encode(value) });
  }

  delete(space: string, key: string): void {
    this.#values.set(`${space} ${key}`, undefined);
    this.#changes.set(`${space} ${key}`, { kind: 'delete', space, key });
  }

  add(...operations: readonly Operation[]): void {
    this.#others.push(...operations);
  }

  async commit(): Promise<void> {
    const operations = [...this.#others, ...this.#changes.values()];
    if (operations.length > 0) await this.#entries.transact(operations);
  }
}

function encode(value: unknown): Uint8Array {
  return value === undefined ? ABSENT : utf8(JSON.stringify(value));
}

export function decode<T>(bytes: Uint8Array | undefined): T | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : (JSON.parse(fromUtf8(bytes)) as T);
}
