import type { StoreSize } from '../../store/message-store.js';
import type { Disk } from '../run/disk.js';
import type { Measured } from './inflow.js';

/** For how long there is room when messages go on coming as they do today and none leaves: the worst case. */
export interface StorageOutlook extends Measured {
  /** Until the limits of the store or the disk are reached. Null: nothing came, or it was measured too briefly. */
  readonly lastsMs: number | null;
}

/** Less than this says nothing of a day. */
const BRIEF_MS = 10 * 60_000;

/** What is left of each limit, divided by the rate that it is used up at; the first to end counts. */
export function storageOutlook(measured: Measured, store: StoreSize, disk: Disk | null): StorageOutlook {
  const { measuredMs, messages, bytes } = measured;
  if (measuredMs < BRIEF_MS || messages === 0) return { ...measured, lastsMs: null };
  const roomBytes = Math.min(
    store.limitBytes - store.bytes,
    disk === null ? Number.POSITIVE_INFINITY : disk.freeBytes - disk.keptFreeBytes,
  );
  const parts = Math.min((store.limitMessages - store.messages) / messages, roomBytes / Math.max(1, bytes));
  return { ...measured, lastsMs: Math.max(0, Math.floor(parts * measuredMs)) };
}
