import type { Scheduler } from '../core/scheduler.js';
import { withResolvers } from '../core/with-resolvers.js';
import type { Timers } from './reconnect.js';

/** Waiting on a scheduler. `now` gives milliseconds that never run backwards. */
export function createTimers(scheduler: Scheduler, now: () => number): Timers {
  return {
    now,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = withResolvers<void>();
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const cancel = scheduler.after(ms, resolve);
      try {
        await promise;
      } finally {
        cancel();
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
