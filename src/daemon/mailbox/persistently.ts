import { isWaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import { withResolvers } from '../../core/with-resolvers.js';
import { Backoff } from '../../transport/reconnect.js';

interface PersistenceOptions {
  /** Gives up. */
  readonly signal: AbortSignal;
  readonly scheduler: Scheduler;
  /** Told of each failure. */
  readonly logger: Logger;
}

const BACKOFF = { initialMs: 250, maxMs: 5000 };

/**
 * Runs `attempt` until it gives something, with growing pauses after failures that are retryable; `attempt` may reset
 * them. Undefined when `signal` aborts. Throws what trying again cannot change.
 */
export async function persistently<T>(
  attempt: (backoff: Backoff) => Promise<T | undefined>,
  { signal, scheduler, logger }: PersistenceOptions,
): Promise<T | undefined> {
  const backoff = new Backoff({ ...BACKOFF, random: Math.random });
  while (!signal.aborted) {
    try {
      const result = await attempt(backoff);
      if (result !== undefined) return result;
    } catch (error) {
      if (signal.aborted) break;
      if (!isWaypostError(error) || !error.retryable) throw error;
      logger.info('mailbox.disconnected', { message: error.message });
    }
    await pause(scheduler, backoff.nextMs(), signal);
  }
  return undefined;
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
