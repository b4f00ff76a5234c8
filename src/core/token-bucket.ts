import { BoundedCache } from './bounded-cache.js';

export interface RateLimit {
  /** Tokens that come back in a second. */
  readonly perSecond: number;
  /** Tokens that a source starts with, and the most it can save up. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * A token bucket for each source. The table is bounded: who has been silent for long is forgotten, which fills its
 * bucket again. `now` is a monotonic time in milliseconds.
 */
export class TokenBuckets {
  readonly #limit: RateLimit;
  readonly #buckets: BoundedCache<string, Bucket>;
  readonly #now: () => number;

  constructor(limit: RateLimit, maxSources: number, now: () => number) {
    this.#limit = limit;
    this.#buckets = new BoundedCache(maxSources);
    this.#now = now;
  }

  /** Takes a token and returns 0, or takes none and returns the milliseconds until there is one. */
  take(source: string): number {
    const bucket = this.#filled(source);
    if (bucket.tokens < 1) return this.#msUntil(1 - bucket.tokens);
    bucket.tokens--;
    return 0;
  }

  /** Takes a token even where that makes a debt, and returns the milliseconds until the debt is paid. */
  charge(source: string): number {
    const bucket = this.#filled(source);
    bucket.tokens--;
    return bucket.tokens >= 0 ? 0 : this.#msUntil(-bucket.tokens);
  }

  #filled(source: string): Bucket {
    const nowMs = this.#now();
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      const full = { tokens: this.#limit.burst, filledAtMs: nowMs };
      this.#buckets.set(source, full);
      return full;
    }
    const gained = ((nowMs - bucket.filledAtMs) / 1000) * this.#limit.perSecond;
    bucket.tokens = Math.min(this.#limit.burst, bucket.tokens + gained);
    bucket.filledAtMs = nowMs;
    return bucket;
  }

  #msUntil(tokens: number): number {
    return Math.ceil((tokens / this.#limit.perSecond) * 1000);
  }
}
