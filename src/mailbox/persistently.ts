import { isWaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import { withResolvers } from '../core/with-resolvers.js';
import { Backoff } from '../transport/reconnect.js';

interface PersistenceOptions {
  /** Ends the trying. */
  readonly signal: AbortSignal;
  readonly scheduler: Scheduler;
  /** Told of each failure. */
  readonly logger: Logger;
}

const BACKOFF = { initialMs: 250, maxMs: 5000 };

/**
 * Runs `attempt`, once at least, until it gives something, with growing pauses after failures that are retryable; `attempt`
 * may reset them. An attempt under way is not given up for `signal`, which ends the trying: then undefined. Throws what
 * trying again cannot change.
 */
export async function persistently<T>(
  attempt: (backoff: Backoff) => Promise<T | undefined>,
  { signal, scheduler, logger }: PersistenceOptions,
): Promise<T | undefined> {
  const backoff = new Backoff({ ...BACKOFF, random: Math.random });
  for (;;) {
    try {
      const result = await attempt(backoff);
      if (result !== undefined) return result;
    } catch (error) {
      const isFinal = isWaypostError(error) ? !error.retryable : !signal.aborted;
      if (isFinal) throw error;
      if (isWaypostError(error)) logger.info('mailbox.disconnected', { message: error.message });
    }
    if (signal.aborted) return undefined;
    await pause(scheduler, backoff.nextMs(), signal);
    if (signal.aborted) return undefined;
  }
}

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(scheduler: Scheduler, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = withResolvers<void>();
  const stop = () => resolve();
  const cancel = scheduler.after(ms, stop);
  signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => {
    cancel();
    signal.removeEventListener('abort', stop);
  });
}
