/** Bytes from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Byte ranges that neither overlap nor touch, in order, as somebody else keeps them. */
export interface ReadonlyRangeSet extends Iterable<ByteRange> {
  /** How many separate ranges. */
  readonly count: number;
  /** Bytes in all of them. */
  readonly sizeBytes: number;
  /** Whether all of `start` to `end` is in one of them. */
  covers(start: number, end: number): boolean;
  /** What of `start` to `end` is in none of the ranges. */
  gaps(start: number, end: number): ByteRange[];
}

/** Byte ranges that neither overlap nor touch, in order. Adding and removing cost the number of ranges touched. */
export class RangeSet implements ReadonlyRangeSet {
  readonly #ranges: ByteRange[] = [];
  #sizeBytes = 0;

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const { start, end } of ranges) this.add(start, end);
  }

  get count(): number {
    return this.#ranges.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get first(): ByteRange | undefined {
    return this.#ranges[0];
  }

  [Symbol.iterator](): Iterator<ByteRange> {
    return this.#ranges[Symbol.iterator]();
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    // Ranges that only touch the new one are merged with it too.
    const from = this.#firstEndingAtOrAfter(start);
    let until = from;
    let merged: ByteRange = { start, end };
    for (let range = this.#ranges[until]; range !== undefined && range.start <= end; range = this.#ranges[++until]) {
      merged = { start: Math.min(merged.start, range.start), end: Math.max(merged.end, range.end) };
      this.#sizeBytes -= range.end - range.start;
    }
    this.#ranges.splice(from, until - from, merged);
    this.#sizeBytes += merged.end - merged.start;
  }

  remove(start: number, end: number): void {
    if (start >= end) return;
    const from = this.#firstEndingAtOrAfter(start + 1);
    let until = from;
    const left: ByteRange[] = [];
    for (let range = this.#ranges[until]; range !== undefined && range.start < end; range = this.#ranges[++until]) {
      if (range.start < start) left.push({ start: range.start, end: start });
      if (range.end > end) left.push({ start: end, end: range.end });
      this.#sizeBytes -= range.end - range.start;
    }
    this.#ranges.splice(from, until - from, ...left);
    for (const range of left) this.#sizeBytes += range.end - range.start;
  }

  clear(): void {
    this.#ranges.length = 0;
    this.#sizeBytes = 0;
  }

  covers(start: number, end: number): boolean {
    if (start >= end) return true;
    const range = this.#ranges[this.#firstEndingAtOrAfter(end)];
    return range !== undefined && range.start <= start;
  }

  gaps(start: number, end: number): ByteRange[] {
    const gaps: ByteRange[] = [];
    let position = start;
    for (let i = this.#firstEndingAtOrAfter(start + 1); position < end; i++) {
      const range = this.#ranges[i];
      if (range === undefined || range.start >= end) {
        gaps.push({ start: position, end });
        break;
      }
      if (range.start > position) gaps.push({ start: position, end: range.start });
      position = range.end;
    }
    return gaps;
  }

  #firstEndingAtOrAfter(position: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as ByteRange).end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
