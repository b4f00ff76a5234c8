import { WaypostError } from '../core/errors.js';
import type { PartialKey, PartialMessage, Piece } from './partial-store.js';
import { type ByteRange, RangeSet } from './ranges.js';

/** What an open partial has done for it. */
interface Upkeep {
  append(pieces: readonly Piece[]): Promise<void>;
  remove(): Promise<void>;
  /** `saving` says, once all is written, whether it is to be dropped. */
  close(saving: Promise<boolean>): Promise<void>;
}

/** A partial message in memory; {@link Upkeep} is the rest of the store. */
export class OpenPartial implements PartialMessage {
  readonly key: PartialKey;
  readonly #bytes: Uint8Array;
  readonly #held = new RangeSet();
  readonly #unsaved = new RangeSet();
  readonly #upkeep: Upkeep;
  #isDoomed = false;
  #isClosed = false;

  constructor(key: PartialKey, pieces: readonly Piece[], upkeep: Upkeep) {
    this.key = key;
    this.#bytes = new Uint8Array(key.lengthBytes);
    this.#upkeep = upkeep;
    for (const { offset, bytes } of pieces) this.write(offset, bytes);
    this.#unsaved.clear();
  }

  get held(): RangeSet {
    return this.#held;
  }

  get unsavedBytes(): number {
    return this.#unsaved.sizeBytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    const { start, end } = rangeOfPiece({ offset, bytes });
    if (start < 0 || end > this.key.lengthBytes) {
      const what = `bytes ${start} to ${end} of a message of ${this.key.lengthBytes}`;
      throw new WaypostError('ERR_INVALID_ARGUMENT', what);
    }
    for (const gap of this.#held.gaps(start, end)) {
      this.#bytes.set(bytes.subarray(gap.start - start, gap.end - start), gap.start);
      this.#unsaved.add(gap.start, gap.end);
    }
    this.#held.add(start, end);
  }

  whole(): Uint8Array | undefined {
    return this.#held.covers(0, this.key.lengthBytes) ? this.#bytes.slice() : undefined;
  }

  read(start: number, end: number): Uint8Array {
    if (start >= 0 && this.#held.covers(start, end)) return this.#bytes.slice(start, end);
    throw new WaypostError('ERR_INVALID_ARGUMENT', `bytes ${start} to ${end} are not here yet`);
  }

  async checkpoint(): Promise<void> {
    if (this.#isClosed || this.#unsaved.count === 0) return;
    const pieces = this.#piecesOf(this.#unsaved);
    this.#unsaved.clear();
    try {
      await this.#upkeep.append(pieces);
    } catch (error) {
      for (const { offset, bytes } of pieces) this.#unsaved.add(offset, offset + bytes.length);
      throw error;
    }
  }

  async reset(): Promise<void> {
    this.#held.clear();
    this.#unsaved.clear();
    await this.#upkeep.remove();
  }

  async discard(): Promise<void> {
    this.#isDoomed = true;
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    const saving = this.#isDoomed ? Promise.resolve() : this.checkpoint().catch(() => undefined);
    this.#isClosed = true;
    await this.#upkeep.close(saving.then(() => this.#isDoomed));
  }

  /** It is dropped when it closes. */
  doom(): void {
    this.#isDoomed = true;
  }

  /** What is held, as copies. */
  pieces(): Piece[] {
    return this.#piecesOf(this.#held);
  }

  #piecesOf(ranges: RangeSet): Piece[] {
    return [...ranges].map(({ start, end }) => ({ offset: start, bytes: this.#bytes.slice(start, end) }));
  }
}

/** Where the bytes of a piece belong. */
export function rangeOfPiece({ offset, bytes }: Piece): ByteRange {
  return { start: offset, end: offset + bytes.length };
}
