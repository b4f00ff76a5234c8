/** What was taken into the queues in some time. */
export interface Measured {
  /** For so long it was looked at: 24 hours at most. */
  readonly measuredMs: number;
  readonly messages: number;
  /** Content and metadata. */
  readonly bytes: number;
}

const SLICE_MS = 10 * 60_000;
const SLICES = 24 * 6;

/**
 * Counts what is taken into the queues, for the last 24 hours. It lives as long as the process and goes by a clock that only
 * goes forward, so that the wall clock of a machine without a network, which jumps, does not matter.
 */
export class Inflow {
  readonly #monotonicMs: () => number;
  readonly #beganAtMs: number;
  /** The oldest first. */
  readonly #slices: { readonly index: number; messages: number; bytes: number }[] = [];

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#beganAtMs = monotonicMs();
  }

  add(bytes: number): void {
    const index = this.#forgetOld();
    let slice = this.#slices.at(-1);
    if (slice?.index !== index) {
      slice = { index, messages: 0, bytes: 0 };
      this.#slices.push(slice);
    }
    slice.messages += 1;
    slice.bytes += bytes;
  }

  measure(): Measured {
    const index = this.#forgetOld();
    const sum = (read: (slice: { readonly messages: number; readonly bytes: number }) => number): number =>
      this.#slices.reduce((total, slice) => total + read(slice), 0);
    const sinceMs = this.#beganAtMs + Math.max(0, index - SLICES + 1) * SLICE_MS;
    return {
      measuredMs: this.#monotonicMs() - sinceMs,
      messages: sum(({ messages }) => messages),
      bytes: sum(({ bytes }) => bytes),
    };
  }

  /** Returns the number of the slice that is now. */
  #forgetOld(): number {
    const index = Math.floor((this.#monotonicMs() - this.#beganAtMs) / SLICE_MS);
    while (this.#slices[0] !== undefined && this.#slices[0].index <= index - SLICES) this.#slices.shift();
    return index;
  }
}
