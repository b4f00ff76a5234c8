import { isWaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import type { MessageStore } from '../store/message-store.js';

const BATCH = 1000;

/** Deletes what is over its lifetime, again and again, without waiting for anybody to ask. The result stops it. */
export function startHousekeeping(
  store: Pick<MessageStore, 'expire'>,
  scheduler: Scheduler,
  logger: Logger,
  everyMs: number,
): () => void {
  let cancel = (): void => {};
  const round = async (): Promise<void> => {
    try {
      const left = await store.expire(BATCH);
      if (left.length > 0) logger.info('store.expired', { messages: left.length });
    } catch (error) {
      logger.warn('store.expire-failed', { code: isWaypostError(error) ? error.code : 'ERR_INTERNAL' });
    }
  };
  const schedule = (): void => {
    cancel = scheduler.after(everyMs, () => {
      schedule();
      void round();
    });
  };
  schedule();
  return () => cancel();
}
