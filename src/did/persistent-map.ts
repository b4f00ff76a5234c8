import { BoundedCache } from '../core/bounded-cache.js';

/**
 * Text by key, kept over restarts: long forms of DIDs, last good copies of documents from the network.
 * When `set` resolves, the `value` survives a power cut. `get` gives undefined for a `key` that is not there.
 */
export interface PersistentMap {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** A map that keeps the `maxEntries` most recently used values in memory only: for tests and browsers. */
export function createMemoryMap(maxEntries: number): PersistentMap {
  const values = new BoundedCache<string, string>(maxEntries);
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => values.set(key, value),
  };
}
