import type { Scheduler } from '../../src/core/scheduler.js';
import type { ManualClock } from './manual-clock.js';

/** Timers that run when a test moves the time, in the order of their times. */
export class ManualScheduler implements Scheduler {
  readonly #clock: ManualClock;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#clock.monotonicMs() + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves the clock, step by step, and lets what runs settle. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#clock.advance(Math.max(0, due.atMs - this.#clock.monotonicMs()));
      due.run();
      await settle();
    }
    this.#clock.advance(endMs - this.#clock.monotonicMs());
    await settle();
  }
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
