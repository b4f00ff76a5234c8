import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { WaypostError } from '../../core/errors.js';
import type { Priority } from '../message-store.js';
import { pageBytesOf } from './database.js';

/**
 * Refuses what makes the store grow before the disk is full. On a full disk an acknowledgement cannot be written either,
 * because deleting needs room in the log first: nobody could fetch his mail away, and it would stay full for ever.
 */
export class DiskRoom {
  readonly #freeBytes: () => number;
  readonly #reserveBytes: number;
  #leftBytes = Number.POSITIVE_INFINITY;

  /** `reserveBytes` is kept free by messages; expedited ones, and entries, may use half of it. Default: no limit. */
  constructor(freeBytes: () => number = () => Number.POSITIVE_INFINITY, reserveBytes = 0) {
    this.#freeBytes = freeBytes;
    this.#reserveBytes = reserveBytes;
  }

  /** Looks how much is free; what is admitted from now on is subtracted from that. */
  look(): void {
    this.#leftBytes = this.#freeBytes();
  }

  /** Throws ERR_STORE_FULL (retryable) when there is not enough room. */
  admit(bytes: number, priority: Priority): void {
    const reserveBytes = priority === 'expedited' ? this.#reserveBytes / 2 : this.#reserveBytes;
    if (this.#leftBytes - bytes < reserveBytes) {
      const what = `no room for ${bytes} bytes: ${this.#leftBytes} are left on the disk, ${reserveBytes} are kept free`;
      throw new WaypostError('ERR_STORE_FULL', what, { retryable: true });
    }
    this.#leftBytes -= bytes;
  }
}

/**
 * The room of the disk that a database is on. Kept free is what the log needs to grow until it is copied into the file,
 * and what the file needs to grow by it. What both have already, and may use again, counts as free: SQLite gives
 * nothing back to the disk.
 */
export function diskRoomOf(db: Database, checkpointPages: number): DiskRoom {
  const pageBytes = pageBytesOf(db);
  const logBytes = checkpointPages * pageBytes;
  const freePages = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  const reusableBytes = () => {
    const ownBytes = statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return Number(freePages.get()) * pageBytes + Math.min(ownBytes, logBytes);
  };
  return new DiskRoom(() => diskFreeBytes(db.name) + reusableBytes(), 2 * logBytes);
}

/** Infinite where the system does not tell. */
function diskFreeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
