import type { PartialMessage, Piece } from '../partial-store.js';
import { RangeSet, type ReadonlyRangeSet } from '../ranges.js';
import type { Assembly } from './incoming.js';

/** A small message comes together in memory, and is forgotten with its session. */
export class MemoryAssembly implements Assembly {
  readonly #bytes: Uint8Array;
  readonly #held = new RangeSet();

  constructor(lengthBytes: number) {
    this.#bytes = new Uint8Array(lengthBytes);
  }

  get held(): ReadonlyRangeSet {
    return this.#held;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (const { start, end } of this.#held.gaps(offset, offset + bytes.length)) {
      this.#bytes.set(bytes.subarray(start - offset, end - offset), start);
    }
    this.#held.add(offset, offset + bytes.length);
  }

  whole(): Uint8Array | undefined {
    return this.#held.covers(0, this.#bytes.length) ? this.#bytes.slice() : undefined;
  }

  distrust(): 'own' {
    this.#held.clear();
    return 'own';
  }
}

/**
 * A message comes together from what its peer sent, now and earlier, and from bytes that others sent under the same
 * hash. The latter are not added to what the peer is held to: when the whole turns out wrong they go, and the rest stays.
 */
export class PartialAssembly implements Assembly {
  readonly #partial: PartialMessage;
  readonly #held: RangeSet;
  readonly #borrowed = new RangeSet();
  readonly #borrowedBytes: Uint8Array;
  readonly #onDamage: (resetting: Promise<void>) => void;

  /** `onDamage` gets the promise of the partial being emptied, so that its failure is somebody's business. */
  constructor(
    partial: PartialMessage,
    borrowed: readonly Piece[],
    onDamage: (resetting: Promise<void>) => void = () => undefined,
  ) {
    const { lengthBytes } = partial.key;
    this.#partial = partial;
    this.#onDamage = onDamage;
    this.#held = new RangeSet(partial.held);
    this.#borrowedBytes = new Uint8Array(borrowed.length > 0 ? lengthBytes : 0);
    for (const { offset, bytes } of borrowed) {
      for (const { start, end } of this.#held.gaps(offset, Math.min(offset + bytes.length, lengthBytes))) {
        this.#borrowedBytes.set(bytes.subarray(start - offset, end - offset), start);
        this.#borrowed.add(start, end);
      }
    }
    for (const { start, end } of this.#borrowed) this.#held.add(start, end);
  }

  get held(): ReadonlyRangeSet {
    return this.#held;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#partial.write(offset, bytes);
    this.#borrowed.remove(offset, offset + bytes.length);
    this.#held.add(offset, offset + bytes.length);
  }

  whole(): Uint8Array | undefined {
    const { lengthBytes } = this.#partial.key;
    if (!this.#held.covers(0, lengthBytes)) return undefined;
    if (this.#borrowed.count === 0) return this.#partial.whole();
    const bytes = this.#borrowedBytes.slice();
    for (const { start, end } of this.#partial.held) bytes.set(this.#partial.read(start, end), start);
    return bytes;
  }

  distrust(): 'borrowed' | 'own' {
    this.#held.clear();
    if (this.#borrowed.count === 0) {
      this.#onDamage(this.#partial.reset());
      return 'own';
    }
    this.#borrowed.clear();
    for (const { start, end } of this.#partial.held) this.#held.add(start, end);
    return 'borrowed';
  }
}
