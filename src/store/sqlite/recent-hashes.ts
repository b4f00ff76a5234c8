/**
 * Finds the departure that a content hash belongs to, in memory: an index on disk would cost a random page for each
 * acknowledged message. Holds the newest `limit` departures in about 100 bytes each.
 */
export class RecentHashes {
  readonly #limit: number;
  readonly #newest = new Map<number, number>();
  readonly #hashes: Float64Array;

  constructor(limit: number) {
    this.#limit = limit;
    this.#hashes = new Float64Array(limit).fill(-1);
  }

  /** `n` is the departure's number; numbers count up. */
  add(n: number, shortHash: number): void {
    const slot = n % this.#limit;
    const old = this.#hashes[slot] ?? -1;
    if (this.#newest.get(old) === n - this.#limit) this.#newest.delete(old);
    this.#hashes[slot] = shortHash;
    this.#newest.set(shortHash, n);
  }

  find(shortHash: number): number | undefined {
    return this.#newest.get(shortHash);
  }
}
