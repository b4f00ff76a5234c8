import { randomUUID } from 'node:crypto';
import { WaypostError } from '../../core/errors.js';
import { isJsonObject, parseJson } from '../../core/json.js';
import { writeFileAtomic } from './atomic-file.js';
import type { DataFolder } from './layout.js';
import { readSmallFile } from './small-file.js';

/**
 * Which life of an identity this data folder is. A restored copy knows older values of all counters; whatever counts for
 * the sake of uniqueness (nonces, sequence numbers) has the epoch in it, so that a copy never uses a value again.
 */
export interface Epoch {
  /** Random: two copies restored from one backup differ. */
  readonly id: string;
  /** From 1, one more with each restore. */
  readonly number: number;
}

const LIMITS = { maxBytes: 1024, maxDepth: 2 };

export async function readEpoch(folder: DataFolder): Promise<Epoch | undefined> {
  const content = await readSmallFile(folder.epoch, LIMITS.maxBytes);
  if (content === undefined) return undefined;
  const value = parseJson(content, LIMITS, folder.epoch);
  if (isJsonObject(value) && typeof value.id === 'string' && Number.isSafeInteger(value.number)) {
    return { id: value.id, number: value.number as number };
  }
  throw new WaypostError('ERR_DATA_FOLDER', `${folder.epoch} is damaged: restore the folder from a backup`);
}

/** Begins a new epoch after the one with the number `previous`; 0 for the first. */
export async function beginEpoch(folder: DataFolder, previous: number): Promise<Epoch> {
  const epoch = { id: randomUUID(), number: previous + 1 };
  await writeFileAtomic(folder.epoch, `${JSON.stringify(epoch)}\n`);
  return epoch;
}
