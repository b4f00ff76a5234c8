import type { Scheduler } from '../../src/core/scheduler.js';

interface Entry {
  readonly atUs: number;
  /** Keeps entries of one moment in the order in which they were made. */
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Simulated time in microseconds, and what is to happen in it. It stands still until somebody moves it: a test
 * ({@link Timeline.advance}), a run as fast as the machine goes, or a real clock (`pace.ts`). As a {@link Scheduler} it
 * gives sessions the same time as the radio beneath them.
 */
export class Timeline implements Scheduler {
  #nowUs = 0;
  #order = 0;
  /** A binary heap, the earliest entry first. */
  readonly #heap: Entry[] = [];

  /** Microseconds since the timeline was made. */
  get nowUs(): number {
    return this.#nowUs;
  }

  nowMs(): number {
    return this.#nowUs / 1000;
  }

  /** When something happens next; undefined while nothing is planned. */
  get nextUs(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#takeFirst();
    return this.#heap[0]?.atUs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.afterUs(delayMs * 1000, run);
  }

  /**
   * Calls `run` once, `delayUs` from now, rounded up; a delay below zero counts as zero. The result cancels it.
   *
   * Rounded, because a rest of a floating-point subtraction is too short to change the time that it is added to: whoever
   * waits for such a moment would wait again and again, and time would stand still.
   */
  afterUs(delayUs: number, run: () => void): () => void {
    const entry: Entry = { atUs: this.#nowUs + Math.max(0, Math.ceil(delayUs)), order: this.#order++, run };
    this.#insert(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Goes to the next thing that is planned and lets it happen. False when nothing is planned before `limitUs`. */
  step(limitUs = Number.POSITIVE_INFINITY): boolean {
    const nextUs = this.nextUs;
    if (nextUs === undefined || nextUs > limitUs) return false;
    const entry = this.#takeFirst();
    this.#nowUs = nextUs;
    entry?.run?.();
    return true;
  }

  /** Lets `ms` milliseconds pass, and everything that happens in them. */
  advance(ms: number): void {
    this.advanceTo(this.#nowUs + ms * 1000);
  }

  /** Like {@link advance}, to a moment. A moment in the past changes nothing. */
  advanceTo(limitUs: number): void {
    while (this.step(limitUs));
    this.#nowUs = Math.max(this.#nowUs, limitUs);
  }

  #insert(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #takeFirst(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atUs === b.atUs ? a.order < b.order : a.atUs < b.atUs;
}
