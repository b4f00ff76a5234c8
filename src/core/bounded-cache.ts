/**
 * A map that never holds more than its limit and forgets what has not been used for long.
 *
 * Entries live in two generations. When the younger one is full it becomes the older one, and what nobody asked for
 * since the last time goes. Unlike a list in order of use, a hit costs one look-up and changes nothing.
 */
export class BoundedCache<K, V> {
  readonly #generationSize: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(limitEntries: number) {
    this.#generationSize = Math.max(1, Math.ceil(limitEntries / 2));
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
