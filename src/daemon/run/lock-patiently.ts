import { setTimeout as sleep } from 'node:timers/promises';
import { isWaypostError } from '../../core/errors.js';
import type { DataFolder } from '../data-folder/layout.js';
import { type DataFolderLock, lockDataFolder } from '../data-folder/lock.js';

const PATIENCE_MS = 2000;
const STEP_MS = 100;

/** The lock for a gateway. A `waypost status` that happens to look at the folder has it for a moment only. */
export async function lockPatiently(folder: DataFolder): Promise<DataFolderLock> {
  for (let waitedMs = 0; ; waitedMs += STEP_MS) {
    try {
      return await lockDataFolder(folder, 'start');
    } catch (error) {
      const isHeldByGateway = isWaypostError(error) && error.message.includes('(waypost start)');
      if (!isWaypostError(error, 'ERR_DATA_FOLDER_BUSY') || isHeldByGateway || waitedMs >= PATIENCE_MS) throw error;
    }
    await sleep(STEP_MS);
  }
}
