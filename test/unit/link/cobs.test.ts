import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { cobsDecode, cobsDecodeInto, cobsEncode, cobsEncodeInto } from '../../../src/link/cobs.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/* The examples of the paper, and those that most implementations of COBS share. */
const VECTORS: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
  ['nothing', bytes(), bytes(1)],
  ['a zero', bytes(0), bytes(1, 1)],
  ['two zeros', bytes(0, 0), bytes(1, 1, 1)],
  ['a zero between zeros', bytes(0, 0x11, 0), bytes(1, 2, 0x11, 1)],
  ['a zero in the middle', bytes(0x11, 0x22, 0, 0x33), bytes(3, 0x11, 0x22, 2, 0x33)],
  ['no zero', bytes(0x11, 0x22, 0x33, 0x44), bytes(5, 0x11, 0x22, 0x33, 0x44)],
  ['zeros at the end', bytes(0x11, 0, 0, 0), bytes(2, 0x11, 1, 1, 1)],
  ['254 bytes', bytes(...count(1, 254)), bytes(255, ...count(1, 254))],
  ['254 bytes behind a zero', bytes(0, ...count(1, 254)), bytes(1, 255, ...count(1, 254))],
  ['255 bytes', bytes(...count(1, 255)), bytes(255, ...count(1, 254), 2, 255)],
  ['254 bytes and a zero', bytes(...count(2, 255), 0), bytes(255, ...count(2, 255), 1, 1)],
  ['253 bytes, a zero and one', bytes(...count(3, 255), 0, 1), bytes(254, ...count(3, 255), 2, 1)],
];

describe('COBS', () => {
  test.each(VECTORS)('of %s', (_, plain, encoded) => {
    expect(cobsEncode(plain)).toEqual(encoded);
    expect(cobsDecode(encoded)).toEqual(plain);
  });

  test.each([
    ['is empty', bytes()],
    ['is cut off', bytes(5, 1, 2, 3)],
    ['has a zero for a code', bytes(2, 1, 0)],
    ['has a zero among its data', bytes(3, 1, 0)],
  ])('refuses what %s', (_, encoded) => {
    expect(cobsDecode(encoded)).toBeUndefined();
  });

  test('writes where it is told to', () => {
    const out = new Uint8Array(8).fill(9);
    expect(cobsEncodeInto(bytes(1, 0, 2), out, 2)).toBe(6);
    expect(out).toEqual(bytes(9, 9, 2, 1, 2, 2, 9, 9));
  });

  test('decodes in place', () => {
    const line = cobsEncode(bytes(1, 0, 2, 0));
    expect(cobsDecodeInto(line, line)).toBe(4);
    expect(line.subarray(0, 4)).toEqual(bytes(1, 0, 2, 0));
  });

  test('writes nothing where there is no room', () => {
    const invalid = (work: () => unknown): void => {
      expect(work).toThrow(expect.toSatisfy((error) => isWaypostError(error, 'ERR_INVALID_ARGUMENT')));
    };
    invalid(() => cobsEncodeInto(bytes(1, 2, 3), new Uint8Array(4), 1));
    invalid(() => cobsDecodeInto(bytes(2, 1), new Uint8Array(1)));
  });
});
