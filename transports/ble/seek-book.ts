import { BoundedCache } from '../../src/core/bounded-cache.js';
import { Backoff, type BackoffOptions } from '../../src/transport/reconnect.js';
import type { Sighting } from './ports.js';

interface SeekBookOptions {
  readonly backoff: BackoffOptions;
  /** A connection that stayed for this long counts as a success: the next wait is a short one again. */
  readonly stableAfterMs: number;
  /** Radios that are remembered. Phones change their addresses: what is not met again is forgotten. */
  readonly limitEntries: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Entry {
  readonly backoff: Backoff;
  notBeforeMs: number;
  connectedAtMs: number | undefined;
}

/** When which peripheral is to be tried again, by the address of its radio. */
export class SeekBook {
  readonly #options: SeekBookOptions;
  readonly #entries: BoundedCache<string, Entry>;

  constructor(options: SeekBookOptions) {
    this.#options = options;
    this.#entries = new BoundedCache(options.limitEntries);
  }

  /** Those that may be tried now, who has waited for longest first; a stranger before those. */
  due(sightings: readonly Sighting[]): readonly Sighting[] {
    const nowMs = this.#options.now();
    return sightings
      .map((sighting) => ({ sighting, entry: this.#entries.get(sighting.address) }))
      .filter(({ entry }) => entry === undefined || (entry.connectedAtMs === undefined && entry.notBeforeMs <= nowMs))
      .sort((a, b) => (a.entry?.notBeforeMs ?? 0) - (b.entry?.notBeforeMs ?? 0))
      .map(({ sighting }) => sighting);
  }

  connected(address: string): void {
    this.#entryOf(address).connectedAtMs = this.#options.now();
  }

  /** Its connection ended. */
  ended(address: string): void {
    const entry = this.#entryOf(address);
    const nowMs = this.#options.now();
    if (entry.connectedAtMs !== undefined && nowMs - entry.connectedAtMs >= this.#options.stableAfterMs) {
      entry.backoff.reset();
    }
    entry.connectedAtMs = undefined;
    entry.notBeforeMs = nowMs + entry.backoff.nextMs();
  }

  /** It was tried in vain, and is not to be tried again before `atLeastMs` have gone by. */
  failed(address: string, atLeastMs: number): void {
    const entry = this.#entryOf(address);
    entry.connectedAtMs = undefined;
    entry.notBeforeMs = this.#options.now() + Math.max(entry.backoff.nextMs(), atLeastMs);
  }

  get size(): number {
    return this.#entries.size;
  }

  #entryOf(address: string): Entry {
    let entry = this.#entries.get(address);
    if (entry === undefined) {
      entry = { backoff: new Backoff(this.#options.backoff), notBeforeMs: 0, connectedAtMs: undefined };
      this.#entries.set(address, entry);
    }
    return entry;
  }
}
