/** Does something later. Passed in, so that tests decide when later is. */
export interface Scheduler {
  /** Calls `run` once, after `delayMs`. The result cancels it, as often as one likes. */
  after(delayMs: number, run: () => void): () => void;
}

/** setTimeout takes no more than a signed 32-bit number; a longer wait would end at once. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** Later in real time: `setTimeout`, which also takes waits that are too long for it. */
export function createScheduler(): Scheduler {
  return {
    after(delayMs, run) {
      const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
  };
}
