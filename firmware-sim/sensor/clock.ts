/** What is wrong with the clock of a device. */
interface ClockOptions {
  /** Time that really passes; milliseconds, from whenever. */
  readonly monotonicMs: () => number;
  /** Parts per million that it is too fast; cheap crystals have 20 to 100. Default 0. */
  readonly driftPpm?: number;
  /** Seconds since 1970 UTC that it shows now; undefined for one that was never set. */
  readonly timeS?: number;
}

/** The clock of a simulated device: it drifts, and knows the time only when somebody told it. */
export class SimulatedClock {
  readonly #options: ClockOptions;
  /** What is added to the uptime. */
  #offsetS: number | undefined;

  constructor(options: ClockOptions) {
    this.#options = options;
    if (options.timeS !== undefined) this.set(options.timeS);
  }

  /** Seconds as this clock counts them, from whenever. */
  uptimeS(): number {
    const { monotonicMs, driftPpm = 0 } = this.#options;
    return (monotonicMs() / 1000) * (1 + driftPpm / 1e6);
  }

  /** The time of day of a moment of its uptime; undefined when it does not know. */
  timeOfDayS(uptimeS: number): number | undefined {
    return this.#offsetS === undefined ? undefined : this.#offsetS + uptimeS;
  }

  set(timeS: number): void {
    this.#offsetS = timeS - this.uptimeS();
  }

  /** The battery was out. */
  forget(): void {
    this.#offsetS = undefined;
  }
}
