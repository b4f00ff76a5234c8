import type { Range } from './frames.js';

/** Adds a range to others that are in order and apart, and joins what touches. */
export function withRange(ranges: readonly Range[], added: Range): Range[] {
  const apart = ranges.filter(({ start, end }) => end < added.start || start > added.end);
  const touching = ranges.filter(({ start, end }) => end >= added.start && start <= added.end);
  const joined = {
    start: Math.min(added.start, ...touching.map(({ start }) => start)),
    end: Math.max(added.end, ...touching.map(({ end }) => end)),
  };
  return [...apart, joined].sort((a, b) => a.start - b.start);
}

/** What of `whole` is in none of the ranges, which are in order and apart. */
export function gapsIn(whole: Range, ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let at = whole.start;
  for (const { start, end } of ranges) {
    if (start > at) gaps.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  if (at < whole.end) gaps.push({ start: at, end: whole.end });
  return gaps;
}
