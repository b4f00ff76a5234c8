import { utf8 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import type { MessageStore } from '../../store/message-store.js';
import { NOTES } from './spaces.js';

/** Writes to the disk and reads it back. Resolves only when event loop, store threads and disk all work. */
export async function proveProgress(store: Pick<MessageStore, 'get' | 'transact'>, clock: Clock): Promise<void> {
  const value = utf8(String(clock.nowMs()));
  await store.transact([{ kind: 'set', space: NOTES, key: 'progress', value }]);
  await store.get(NOTES, 'progress');
}
