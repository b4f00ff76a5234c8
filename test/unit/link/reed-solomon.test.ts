import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';
import { ReedSolomon } from '../../../src/link/reed-solomon.js';

/* The word of ISO/IEC 18004, as worked through in most explanations of QR codes: "HELLO WORLD" as version 1-M. */
const QR_MESSAGE = Uint8Array.of(32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17);
const QR_PARITY = Uint8Array.of(196, 35, 39, 119, 235, 215, 231, 226, 93, 23);

const invalid = expect.toSatisfy((error) => isWaypostError(error, 'ERR_INVALID_ARGUMENT'));

describe('Reed-Solomon', () => {
  const qr = new ReedSolomon({ parityBytes: 10 });
  const word = concatBytes(QR_MESSAGE, QR_PARITY);

  test('gives the parity of a QR code', () => {
    expect(qr.parity(QR_MESSAGE)).toEqual(QR_PARITY);
  });

  test('leaves a code word as it is', () => {
    const copy = word.slice();
    expect(qr.correct(copy)).toBe(0);
    expect(copy).toEqual(word);
  });

  test('corrects half as many bytes as there is parity, wherever they are', () => {
    for (const places of [[0], [25], [0, 1, 2, 3, 4], [21, 22, 23, 24, 25], [0, 15, 16, 20, 25]]) {
      const damaged = word.slice();
      for (const place of places) damaged[place] = (damaged[place] as number) ^ (place + 1);
      expect(qr.correct(damaged)).toBe(places.length);
      expect(damaged).toEqual(word);
    }
  });

  test('says so when there is too much to correct, and changes nothing', () => {
    const damaged = word.map((byte, i) => (i < 6 ? byte ^ 0x55 : byte));
    const copy = damaged.slice();
    expect(qr.correct(damaged)).toBeUndefined();
    expect(damaged).toEqual(copy);
  });

  test.each([
    ['a message that is too long', () => qr.parity(new Uint8Array(246))],
    ['a word that is too long', () => qr.correct(new Uint8Array(256))],
    ['a word of parity only', () => qr.correct(new Uint8Array(10))],
    ['too little parity', () => new ReedSolomon({ parityBytes: 1 })],
    ['too much parity', () => new ReedSolomon({ parityBytes: 65 })],
    ['no such root', () => new ReedSolomon({ parityBytes: 8, firstRoot: 255 })],
  ])('refuses %s', (_, work) => {
    expect(work).toThrow(invalid);
  });
});
