import type { StorageOutlook } from './operator/outlook.js';

/*
 * Counts, sizes, durations and DIDs as people read them, in a terminal and in a browser.
 */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

/** `1 message`, `2 messages` */
export function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** `3.2 MiB` */
export function showSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `5 min`; rounded down to the largest unit. */
export function showDuration(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} d`;
  if (ms >= 2 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  if (ms >= 2 * MINUTE_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  return `${Math.floor(ms / SECOND_MS)} s`;
}

/** Enough of a DID to recognise it: long ones differ at both ends. */
export function shorten(did: string, characters = 48): string {
  if (did.length <= characters) return did;
  const half = Math.floor((characters - 3) / 2);
  return `${did.slice(0, half)}...${did.slice(-half)}`;
}

/** For how long the storage has room, and how that is known. */
export function showOutlook({ measuredMs, messages, bytes, lastsMs }: StorageOutlook): string {
  const time = showDuration(measuredMs);
  if (messages === 0) return `nothing came in the ${time} since it is measured`;
  const rate = `${messages} ${messages === 1 ? 'message' : 'messages'}, ${showSize(bytes)}, in the last ${time}`;
  if (lastsMs === null) return `not known yet: ${rate}, which is too short to tell`;
  const lasts = lastsMs > YEAR_MS ? 'more than a year' : showDuration(lastsMs);
  return `${lasts} at today's rate if none leaves (${rate})`;
}
