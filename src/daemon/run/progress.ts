import { utf8 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { isWaypostError } from '../../core/errors.js';
import type { MessageStore } from '../../store/message-store.js';
import { NOTES } from './spaces.js';

/**
 * Writes to the disk and reads it back. Resolves only when event loop, store threads and disk all work. A disk that is full
 * works: a gateway that is restarted for it would not even start again, and those who fetch their mail make room.
 */
export async function proveProgress(store: Pick<MessageStore, 'get' | 'transact'>, clock: Clock): Promise<void> {
  const value = utf8(String(clock.nowMs()));
  try {
    await store.transact([{ kind: 'set', space: NOTES, key: 'progress', value }]);
  } catch (error) {
    if (!isWaypostError(error, 'ERR_STORE_FULL')) throw error;
  }
  await store.get(NOTES, 'progress');
}
