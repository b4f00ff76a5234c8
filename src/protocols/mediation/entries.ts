import { BoundedCache } from '../../core/bounded-cache.js';
import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { KeyValueOperation } from '../../store/key-value.js';
import type { MessageStore, Operation } from '../../store/message-store.js';

const CACHED_ENTRIES = 10_000;

type Store = Pick<MessageStore, 'get' | 'entries' | 'transact'>;

/** What is written under a key. */
interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * JSON values in the store with a cache in front: each forward asks for one. All writes to the spaces that are read here
 * go through it, or the cache would not know.
 */
export class Entries {
  readonly #store: Store;
  readonly #cache = new BoundedCache<string, { readonly entry: Entry<unknown> | undefined }>(CACHED_ENTRIES);
  /** Counts writes. What was read while one happened may be older than it, and is not kept. */
  #writes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get writes(): number {
    return this.#writes;
  }

  /** The value is one that this program wrote, and is shared with everybody who asks. */
  async get<T>(space: string, key: string): Promise<Entry<T> | undefined> {
    const name = `${space} ${key}`;
    let cached = this.#cache.get(name);
    if (cached === undefined) {
      const before = this.#writes;
      const bytes = await this.#store.get(space, key);
      cached = { entry: bytes === undefined ? undefined : { bytes, value: decode(bytes) } };
      if (this.#writes === before) this.#cache.set(name, cached);
    }
    return cached.entry as Entry<T> | undefined;
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

  async get<T>(space: string, key: string): Promise<T | undefined> {
    const name = `${space} ${key}`;
    if (this.#values.has(name)) return this.#values.get(name) as T | undefined;
    return (await this.#entries.get<T>(space, key))?.value;
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
  return utf8(JSON.stringify(value));
}

/** A value that this program wrote. */
export function decode<T>(bytes: Uint8Array): T {
  return JSON.parse(fromUtf8(bytes)) as T;
}
