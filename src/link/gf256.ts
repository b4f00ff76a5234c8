/*
 * The field of 256 elements with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d) and the generator 2: the one that
 * QR codes, RAID 6 and most Reed-Solomon codes use. Addition is XOR.
 */

const POLYNOMIAL = 0x11d;

/** 2^i for i from 0 to 509: twice round, so that a sum of two logarithms needs no modulo. */
const EXP = new Uint8Array(510);
/** The logarithm to base 2 of 1 to 255; that of 0 does not exist, and the 0 that stands there means nothing. */
const LOG = new Uint8Array(256);
for (let i = 0, power = 1; i < 255; i++) {
  EXP[i] = power;
  EXP[i + 255] = power;
  LOG[power] = i;
  power <<= 1;
  if (power > 255) power ^= POLYNOMIAL;
}

/** 2 to the `exponent`, which is from 0 to 509. */
export function gfExp(exponent: number): number {
  return EXP[exponent] as number;
}

/** The logarithm of an element that is not 0. */
export function gfLog(element: number): number {
  return LOG[element] as number;
}

export function gfMultiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (EXP[gfLog(a) + gfLog(b)] as number);
}

/** The inverse of an element that is not 0. */
export function gfInverse(element: number): number {
  return EXP[255 - gfLog(element)] as number;
}
