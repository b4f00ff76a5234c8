import type { Scheduler } from '../../src/core/scheduler.js';
import type { Timeline } from './timeline.js';

/** Work that takes real time: disks, threads, other processes. */
export interface RealWork {
  /** Resolves when none of it is under way; undefined while that is so. */
  readonly idle: Promise<void> | undefined;
}

interface RunOptions {
  /** Of simulated time. */
  readonly limitMs?: number;
  /** Time stands still while it goes on, as if it took none: otherwise simulated time would run away from it. */
  readonly realWork?: RealWork;
}

/**
 * Moves `timeline` as fast as the machine goes until `outcome` settles, and gives what it settles with. Between two
 * steps everything runs that can run without time passing (promises, `process.nextTick`), so that a host program sees
 * each packet at its simulated time and a run with the same seed repeats. Not for programs that wait for sockets or
 * timers of their own; {@link keepRealTime} is for those.
 *
 * `limitMs` later (one hour where omitted) it rejects with a RangeError, and at once when nothing is planned any more.
 */
export async function runUntil<T>(timeline: Timeline, outcome: Promise<T>, options: RunOptions = {}): Promise<T> {
  const { limitMs = 3_600_000, realWork } = options;
  let settled = false;
  const settle = () => {
    settled = true;
  };
  outcome.then(settle, settle);
  const limitUs = timeline.nowUs + limitMs * 1000;
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (settled) return outcome;
    const busy = realWork?.idle;
    if (busy !== undefined) await busy;
    else if (!timeline.step(limitUs)) {
      throw new RangeError(
        `nothing more happens before ${limitUs} us of simulated time, and the outcome is still open`,
      );
    }
  }
}

/** Where real time comes from, and how much faster than it the simulated time goes. */
interface RealTimeOptions {
  readonly scheduler: Scheduler;
  /** Milliseconds that never run backwards. */
  readonly monotonicMs: () => number;
  /** 1 where omitted. At 10, a second of simulated time takes 100 ms. */
  readonly speed?: number;
}

/** Longest sleep in real milliseconds: what is planned meanwhile from outside is at most this late. */
const NAP_MS = 2;

/** Lets `timeline` follow a real clock until disposed. Late timers are made up for, so the long-term rate is exact. */
export function keepRealTime(timeline: Timeline, options: RealTimeOptions): Disposable {
  const speed = options.speed ?? 1;
  const startMs = options.monotonicMs();
  const startUs = timeline.nowUs;
  let cancel = options.scheduler.after(0, follow);
  function follow(): void {
    timeline.advanceTo(startUs + (options.monotonicMs() - startMs) * speed * 1000);
    cancel = options.scheduler.after(NAP_MS, follow);
  }
  return { [Symbol.dispose]: () => cancel() };
}
