import { WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';

/** Runs `work` with a signal that aborts with ERR_NETWORK (retryable) when it takes too long, and with the caller's before. */
export async function withDeadline<T>(
  scheduler: Scheduler,
  limitMs: number,
  callerSignal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const cancel = scheduler.after(limitMs, () => {
    late.abort(new WaypostError('ERR_NETWORK', `the broker did not answer within ${limitMs} ms`, { retryable: true }));
  });
  try {
    return await work(callerSignal === undefined ? late.signal : AbortSignal.any([callerSignal, late.signal]));
  } finally {
    cancel();
  }
}
