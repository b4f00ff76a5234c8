import { describe, expect, it } from 'vitest';
import { FountainEncoder, MAX_SYMBOL_INDEX, repairCoefficients, sourceSymbolsOf } from '../../../src/link/fountain.js';
import { FountainDecoder } from '../../../src/link/fountain-decoder.js';
import { randomFrom } from '../../crash/random.js';
import { randomBytesOf } from '../../support/random.js';

const SALT = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

function coded(messageBytes: number, symbolBytes: number, seed = 1) {
  const message = randomBytesOf(randomFrom(seed), messageBytes);
  const encoder = new FountainEncoder(message, { symbolBytes, salt: SALT });
  const decoder = new FountainDecoder({ messageBytes, symbolBytes, salt: SALT });
  return { message, encoder, decoder };
}

describe('the fountain code', () => {
  it('begins with the message itself', () => {
    const { message, encoder } = coded(10, 4);
    expect(encoder.sourceSymbols).toBe(3);
    expect([...encoder.symbol(1)]).toEqual([...message.subarray(4, 8)]);
    expect([...encoder.symbol(2)]).toEqual([...message.subarray(8), 0, 0]);
  });

  it.each([
    ['the message itself, backwards', (i: number) => 12 - i],
    ['combinations only', (i: number) => 13 + i],
    ['combinations far out', (i: number) => 60_000 + i],
    ['some of each', (i: number) => i * 7],
  ])('gives the message back from as many symbols as it has: %s', (_, indexAt) => {
    const { message, encoder, decoder } = coded(1000, 80);
    for (let i = 0; i < 13; i++) {
      expect(decoder.missing).toBe(13 - i);
      expect(decoder.message()).toBeUndefined();
      expect(decoder.add(indexAt(i), encoder.symbol(indexAt(i)))).toBe('used');
    }
    expect(decoder.message()).toEqual(message);
  });

  it('never fails with Cauchy coefficients, whichever symbols come', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 40; round++) {
      const { message, encoder, decoder } = coded(200, 10, round);
      const indexes = Array.from({ length: 256 }, (_, i) => i).sort(() => random() - 0.5);
      for (const index of indexes.slice(0, 20)) expect(decoder.add(index, encoder.symbol(index))).toBe('used');
      expect(decoder.message()).toEqual(message);
    }
  });

  it('tells a symbol that says nothing new from one that contradicts the others', () => {
    const { encoder, decoder } = coded(100, 10);
    for (let i = 0; i < 5; i++) decoder.add(i, encoder.symbol(i));
    expect(decoder.add(3, encoder.symbol(3))).toBe('redundant');
    expect(decoder.add(3, new Uint8Array(10))).toBe('conflict');
    for (let i = 100; i < 105; i++) expect(decoder.add(i, encoder.symbol(i))).toBe('used');
    expect(decoder.add(200, encoder.symbol(200))).toBe('redundant');
    expect(decoder.add(201, new Uint8Array(10))).toBe('conflict');
    expect(decoder.missing).toBe(0);
  });

  it('copies what it is given', () => {
    const { message, encoder, decoder } = coded(20, 10);
    const symbol = encoder.symbol(0);
    decoder.add(0, symbol);
    symbol.fill(0);
    decoder.add(5, encoder.symbol(5));
    expect(decoder.message()).toEqual(message);
  });

  it('has other random combinations for another message', () => {
    const other = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 9]);
    expect(repairCoefficients(300, 50, SALT)).not.toEqual(repairCoefficients(300, 50, other));
    expect(repairCoefficients(300, 50, SALT)).not.toEqual(repairCoefficients(301, 50, SALT));
  });

  it('refuses what would take too much, before it takes it', () => {
    const shape = { messageBytes: 2 ** 40, symbolBytes: 1, salt: SALT };
    expect(() => new FountainDecoder(shape)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
    expect(sourceSymbolsOf({ ...shape, messageBytes: 2048 })).toBe(2048);
    for (const wrong of [
      { messageBytes: 0 },
      { symbolBytes: 0.5 },
      { symbolBytes: Number.NaN },
      { salt: SALT.subarray(1) },
    ]) {
      expect(() => sourceSymbolsOf({ ...shape, messageBytes: 5, ...wrong })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });

  it('refuses symbols of another length and indexes that do not exist', () => {
    const { encoder, decoder } = coded(20, 10);
    const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' });
    expect(() => decoder.add(0, new Uint8Array(9))).toThrow(refused);
    for (const index of [-1, 0.5, MAX_SYMBOL_INDEX + 1, Number.NaN]) {
      expect(() => decoder.add(index, new Uint8Array(10))).toThrow(refused);
      expect(() => encoder.symbol(index)).toThrow(refused);
    }
  });
});
