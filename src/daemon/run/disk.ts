import type { DataFolder } from '../data-folder/layout.js';
import type { Machine } from '../machine.js';

/** Pages of the database's log before it is copied into the file. */
export const CHECKPOINT_PAGES = 4000;
const PAGE_BYTES = 4096;

/**
 * Kept free by messages: what the log and the file need to grow, twice over. On a disk without any room even an
 * acknowledgement cannot be written, and it would stay full for ever.
 */
const KEPT_FREE_BYTES = 2 * CHECKPOINT_PAGES * PAGE_BYTES;

/** The disk that a data folder is on. */
export interface Disk {
  readonly freeBytes: number;
  /** With less than this free, new messages are refused unless the database has room of its own to use again. */
  readonly keptFreeBytes: number;
}

/** Null where the system does not tell. */
export async function findDisk(machine: Pick<Machine, 'fileSystem'>, folder: DataFolder): Promise<Disk | null> {
  const found = await machine.fileSystem(folder.path);
  return found === undefined ? null : { freeBytes: found.freeBytes, keptFreeBytes: KEPT_FREE_BYTES };
}
