/** Counts open connections, all together and for each source. Bounded by its own limit. */
export class ConnectionCounts {
  readonly #limits: ConnectionLimits;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** False when there is no room for one more from `source`; otherwise `close` must follow once. */
  open(source: string): boolean {
    const count = this.#bySource.get(source) ?? 0;
    if (this.#total >= this.#limits.maxConnections || count >= this.#limits.maxConnectionsPerSource) return false;
    this.#bySource.set(source, count + 1);
    this.#total++;
    return true;
  }

  close(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count <= 1) this.#bySource.delete(source);
    else this.#bySource.set(source, count - 1);
    this.#total--;
  }
}

export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
}
