import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { randomFrom } from '../crash/random.js';
import { runs } from './fuzz.js';

/*
 * Cheap hostile input for codecs: hundreds of thousands a second, where fast-check makes some thousands. A property
 * gets a seed from fast-check, which reports it, and tries a batch of inputs made from it.
 */

const BYTES = 256;

const BATCH = 100;

/** Calls `check` a hundred times a batch, and in a long run as many times more as the other properties. */
export function fuzz(batches: number, check: (mutator: Mutator) => void): void {
  const batch = (seed: number): void => {
    const mutator = new Mutator(seed);
    for (let i = 0; i < BATCH; i++) check(mutator);
  };
  fc.assert(fc.property(fc.noShrink(fc.integer()), batch), runs(batches));
}

/** Random bytes and damaged ones. */
export class Mutator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** From 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Up to `maxLength` bytes; now and then of few values only, so that structure comes about by accident. */
  bytes(maxLength: number): Uint8Array {
    const values = this.pick([BYTES, BYTES, 2, 8]);
    const from = this.below(BYTES);
    const bytes = new Uint8Array(this.below(maxLength + 1));
    for (let i = 0; i < bytes.length; i++) bytes[i] = from + this.below(values);
    return bytes;
  }

  /** `valid` after one to four accidents: changed, lost, invented, repeated bytes, a part of `other` in its midst. */
  damaged(valid: Uint8Array, other: Uint8Array = valid): Uint8Array {
    let bytes: Uint8Array = valid;
    for (let accidents = 1 + this.below(4); accidents > 0; accidents--) bytes = this.#accident(bytes, other);
    return bytes;
  }

  #accident(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    const length = this.below(this.pick([3, 20]));
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (this.below(6)) {
      case 0:
        return concatBytes(before, Uint8Array.of(this.below(BYTES)), behind.subarray(1));
      case 1:
        return concatBytes(before, Uint8Array.of((behind[0] ?? 0) ^ (1 << this.below(8))), behind.subarray(1));
      case 2:
        return concatBytes(before, behind.subarray(length));
      case 3:
        return concatBytes(before, this.bytes(length), behind);
      case 4:
        return concatBytes(before, other.subarray(at, at + length), behind);
      default:
        return before;
    }
  }
}

/** Runs `check` on an input; what it throws names the input, so that it can be kept as a vector. */
export function onInput(input: Uint8Array, check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw new Error(`with the input ${Buffer.from(input).toString('hex')}`, { cause });
  }
}

/** What `work` gives; undefined where it refuses its input as it should, by a WaypostError. */
export function orRefusal<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    return undefined;
  }
}

/** The same bytes, or both absent. Much faster than `toEqual` where there is nothing to show. */
export function assertSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  assert.equal(actual && Buffer.from(actual).toString('hex'), expected && Buffer.from(expected).toString('hex'));
}
