import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { MessageStore } from '../../store/message-store.js';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.js';
import type { Config } from '../config/schema.js';
import type { DataFolder } from '../data-folder/layout.js';
import { programUrl } from '../program-url.js';
import { CHECKPOINT_PAGES } from './disk.js';
import { storeLimits } from './limits.js';
import { GATEWAY_SPACES } from './spaces.js';

/** Opens the database of a data folder that this process has the lock of. Throws what {@link openSqliteStore} throws. */
export async function openStore(
  folder: DataFolder,
  config: Config,
  clock: DeviceClock,
  logger: Logger,
): Promise<MessageStore> {
  const { store, report } = await openSqliteStore({
    path: folder.store,
    clock,
    limits: storeLimits(config),
    spaces: GATEWAY_SPACES,
    whenDamaged: config.store.whenDamaged,
    checkpointPages: CHECKPOINT_PAGES,
    worker: { url: programUrl('store-worker', '../store/sqlite/worker.ts') },
  });
  if (report.setAside !== undefined) logger.error('store.damaged', { setAside: report.setAside, lost: 'all messages' });
  if (report.checkedAfterUncleanBoot) logger.warn('store.checked', { why: 'the last boot ended without closing it' });
  return store;
}
