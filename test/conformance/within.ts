import { createScheduler, type Scheduler } from '../../src/core/scheduler.js';

/**
 * Fails when `promise` takes longer than it ever should; the message says what was waited for. Where the medium is simulated
 * `scheduler` has its time, and a machine that is busy makes nothing late.
 */
export async function within<T>(
  what: string,
  promise: PromiseLike<T>,
  limitMs = 2000,
  scheduler: Scheduler = createScheduler(),
): Promise<T> {
  let cancel = () => {};
  const tooLate = new Promise<never>((_resolve, reject) => {
    cancel = scheduler.after(limitMs, () => reject(new Error(`${what} did not happen within ${limitMs} ms`)));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    cancel();
  }
}

/** What a promise fails with; undefined when it does not fail. Nothing is left unhandled while it is not awaited. */
export function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}
