/** Stands between frames on a line, and in no frame. */
export const DELIMITER = 0;

/**
 * Cuts what comes from a line at its delimiters, whatever chunks it comes in. Holds at most `limitBytes`: a longer run
 * without a delimiter is no frame (a microcontroller that boots, another baud rate); it is dropped up to its delimiter,
 * and counted.
 */
export class FrameSplitter {
  readonly #held: Uint8Array;
  #length = 0;
  #isOverlong = false;
  #droppedBytes = 0;

  constructor(limitBytes: number) {
    this.#held = new Uint8Array(limitBytes);
  }

  /** Bytes of runs that were too long. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /**
   * The runs that `chunk` completes, without their delimiters and without empty ones. What it gives are copies: both
   * sides may go on using their memory.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const runs: Uint8Array[] = [];
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(DELIMITER, from);
      this.#append(chunk, from, end < 0 ? chunk.length : end);
      if (end < 0) break;
      if (this.#length > 0) runs.push(this.#held.slice(0, this.#length));
      this.#length = 0;
      this.#isOverlong = false;
      from = end + 1;
    }
    return runs;
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (!this.#isOverlong && this.#length + length <= this.#held.length) {
      // A native copy costs more than a loop where there is little to copy.
      if (length > 64) this.#held.set(chunk.subarray(from, to), this.#length);
      else for (let i = 0; i < length; i++) this.#held[this.#length + i] = chunk[from + i] as number;
      this.#length += length;
      return;
    }
    this.#droppedBytes += this.#length + length;
    this.#length = 0;
    this.#isOverlong = true;
  }
}
