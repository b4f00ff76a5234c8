import { gfMultiply } from './gf256.js';

/*
 * Arithmetic on rows of field elements, four to a 32-bit word: that takes half the time of going byte by byte. In which
 * order a machine puts bytes into a word does not matter, because all four are treated alike.
 */

/** All products, 256 for each factor: one look-up an element, and no test for 0. */
const PRODUCTS: readonly Uint8Array[] = Array.from({ length: 256 }, (_, factor) =>
  Uint8Array.from({ length: 256 }, (_, element) => gfMultiply(factor, element)),
);

/** target += factor x source, for the words `from` (included) to `to` (not included). */
export function addMultiple(
  target: Uint32Array,
  source: Uint32Array,
  factor: number,
  from = 0,
  to = source.length,
): void {
  const products = PRODUCTS[factor] as Uint8Array;
  for (let i = from; i < to; i++) {
    const word = source[i] as number;
    target[i] =
      (target[i] as number) ^
      ((products[word & 0xff] as number) |
        ((products[(word >>> 8) & 0xff] as number) << 8) |
        ((products[(word >>> 16) & 0xff] as number) << 16) |
        ((products[word >>> 24] as number) << 24));
  }
}

/** row = factor x row. */
export function multiplyRow(row: Uint32Array, factor: number): void {
  // (factor + 1) x row, added to the row: addition is XOR, and 1 + 1 is 0.
  addMultiple(row, row, factor ^ 1);
}

/** A row of at least this many elements, all 0, as words and as the bytes they consist of. */
export function createRow(elements: number): { readonly words: Uint32Array; readonly bytes: Uint8Array } {
  const words = new Uint32Array(Math.ceil(elements / 4));
  return { words, bytes: new Uint8Array(words.buffer) };
}
