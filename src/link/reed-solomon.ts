import { WaypostError } from '../core/errors.js';
import { gfExp, gfInverse, gfLog, gfMultiply } from './gf256.js';

/*
 * Reed-Solomon codes over 256 elements (Reed and Solomon 1960; decoding by Berlekamp and Massey, Chien and Forney, as in
 * Lin and Costello, Error Control Coding, chapter 7). A word of up to 255 bytes is a polynomial whose first byte is
 * the coefficient of the highest power; it is a code word when 2^firstRoot and the powers after it are its roots. The
 * message stands in it as it is, and the parity follows; a shorter word is one whose first coefficients are 0.
 */

/** Messages and parity together; the field has no more places for errors. */
export const MAX_WORD_BYTES = 255;

interface ReedSolomonOptions {
  /** From 2 to 64. Half as many damaged bytes of a word can be corrected, wherever they are. */
  readonly parityBytes: number;
  /** The exponent of the first root of the generator, 0 to 254: "fcr" in other implementations. Default 0. */
  readonly firstRoot?: number;
}

/** One code. Keeps nothing between calls. */
export class ReedSolomon {
  readonly parityBytes: number;
  readonly #firstRoot: number;
  /** Row `n`: the coefficients of the generator, without the leading 1, times `n`. */
  readonly #products: Uint8Array;

  /** Throws ERR_INVALID_ARGUMENT for options outside their ranges. */
  constructor({ parityBytes, firstRoot = 0 }: ReedSolomonOptions) {
    checkRange('the parity bytes of a Reed-Solomon word', parityBytes, 2, 64);
    checkRange('the first root of a Reed-Solomon code', firstRoot, 0, 254);
    this.parityBytes = parityBytes;
    this.#firstRoot = firstRoot;
    const generator = generatorOf(parityBytes, firstRoot);
    this.#products = new Uint8Array(256 * parityBytes);
    for (let factor = 0; factor < 256; factor++) {
      this.#products.set(
        generator.map((coefficient) => gfMultiply(coefficient, factor)),
        factor * parityBytes,
      );
    }
  }

  /** The parity that makes a code word of `message`. Throws ERR_INVALID_ARGUMENT when both are longer than 255 bytes. */
  parity(message: Uint8Array): Uint8Array {
    checkRange('the length of a Reed-Solomon message', message.length, 0, MAX_WORD_BYTES - this.parityBytes);
    const parity = new Uint8Array(this.parityBytes);
    for (const byte of message) this.append(byte, parity);
    return parity;
  }

  /** Makes the parity of a message that of the message with one more byte; that of no message is all 0. */
  append(byte: number, parity: Uint8Array): void {
    const last = this.parityBytes - 1;
    const row = this.parityBytes * (byte ^ (parity[0] as number));
    for (let i = 0; i < last; i++) {
      parity[i] = (parity[i + 1] as number) ^ (this.#products[row + i] as number);
    }
    parity[last] = this.#products[row + last] as number;
  }

  /**
   * Makes `word` (message and parity) a code word again, in place, by changing as few bytes as possible, and gives
   * how many it changed. Undefined, with `word` as it was, when more than half as many bytes as there is parity would
   * have to change. A word that is damaged worse than that can come out as another code word: check it otherwise too.
   * Throws ERR_INVALID_ARGUMENT when `word` is longer than 255 bytes or no longer than the parity.
   */
  correct(word: Uint8Array): number | undefined {
    checkRange('the length of a Reed-Solomon word', word.length, this.parityBytes + 1, MAX_WORD_BYTES);
    const messageLength = word.length - this.parityBytes;
    const remainder = this.parity(word.subarray(0, messageLength));
    let difference = 0;
    for (let i = 0; i < remainder.length; i++) {
      remainder[i] = (remainder[i] as number) ^ (word[messageLength + i] as number);
      difference |= remainder[i] as number;
    }
    if (difference === 0) return 0;
    const syndromes = Uint8Array.from(remainder, (_, i) => evaluate(remainder, (this.#firstRoot + i) % 255));
    const locator = shortestLocator(syndromes);
    const errors = locator.length - 1;
    if (errors > this.parityBytes / 2) return undefined;
    const powers = rootsOf(locator, word.length);
    if (powers.length !== errors) return undefined;
    const evaluator = evaluatorOf(syndromes, locator);
    for (const power of powers) {
      const at = word.length - 1 - power;
      word[at] = (word[at] as number) ^ errorAt(power, locator, evaluator, this.#firstRoot);
    }
    return errors;
  }
}

/** The product of (x - 2^i) for the roots, highest power first, without its leading 1. */
function generatorOf(degree: number, firstRoot: number): Uint8Array {
  const generator = new Uint8Array(degree + 1);
  generator[0] = 1;
  for (let i = 0; i < degree; i++) {
    const root = gfExp((firstRoot + i) % 255);
    for (let j = i + 1; j > 0; j--) {
      generator[j] = (generator[j] as number) ^ gfMultiply(generator[j - 1] as number, root);
    }
  }
  return generator.subarray(1);
}

/** The value at 2^exponent of a polynomial whose highest power comes first. */
function evaluate(polynomial: Uint8Array, exponent: number): number {
  const x = gfExp(exponent);
  let value = 0;
  for (const coefficient of polynomial) value = gfMultiply(value, x) ^ coefficient;
  return value;
}

/**
 * Berlekamp-Massey: the shortest recurrence that gives the syndromes, as a polynomial with the lowest power first. Its
 * roots are the inverses of where the errors are, where they are few enough.
 */
function shortestLocator(syndromes: Uint8Array): Uint8Array {
  const size = syndromes.length + 1;
  let locator = new Uint8Array(size);
  let former = new Uint8Array(size);
  locator[0] = 1;
  former[0] = 1;
  let degree = 0;
  let shift = 1;
  let formerDiscrepancy = 1;
  for (let n = 0; n < syndromes.length; n++) {
    let discrepancy = syndromes[n] as number;
    for (let i = 1; i <= degree; i++) {
      discrepancy ^= gfMultiply(locator[i] as number, syndromes[n - i] as number);
    }
    if (discrepancy === 0) {
      shift++;
      continue;
    }
    const factor = gfMultiply(discrepancy, gfInverse(formerDiscrepancy));
    const next = locator.slice();
    for (let i = shift; i < size; i++) {
      next[i] = (next[i] as number) ^ gfMultiply(factor, former[i - shift] as number);
    }
    if (2 * degree <= n) {
      degree = n + 1 - degree;
      former = locator;
      formerDiscrepancy = discrepancy;
      shift = 1;
    } else shift++;
    locator = next;
  }
  return locator.subarray(0, degree + 1);
}

/** The powers of x, below `length`, at which the word is wrong: those whose inverse is a root of the locator. */
function rootsOf(locator: Uint8Array, length: number): number[] {
  const reversed = locator.toReversed();
  const powers: number[] = [];
  for (let power = 0; power < length; power++) {
    if (evaluate(reversed, (255 - power) % 255) === 0) powers.push(power);
  }
  return powers;
}

/** The product of syndromes and locator up to the power of the syndromes, lowest power first. */
function evaluatorOf(syndromes: Uint8Array, locator: Uint8Array): Uint8Array {
  return syndromes.map((_, n) => {
    let sum = 0;
    for (let i = 0; i <= n && i < locator.length; i++) {
      sum ^= gfMultiply(locator[i] as number, syndromes[n - i] as number);
    }
    return sum;
  });
}

/** Forney: by how much the coefficient of x^power is wrong. */
function errorAt(power: number, locator: Uint8Array, evaluator: Uint8Array, firstRoot: number): number {
  const inverse = (255 - power) % 255;
  // In characteristic 2 the derivative has the odd coefficients, one power lower, and nothing else.
  const derivative = locator.map((coefficient, i) => (i % 2 === 1 ? coefficient : 0)).subarray(1);
  const slope = evaluate(derivative.toReversed(), inverse);
  const value = evaluate(evaluator.toReversed(), inverse);
  const exponent = ((1 - firstRoot) * power) % 255;
  const scale = gfExp(exponent < 0 ? exponent + 255 : exponent);
  return value === 0 ? 0 : gfMultiply(scale, gfExp(gfLog(value) - gfLog(slope) + 255));
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${what} is ${value}; it must be from ${least} to ${most}`);
  }
}
