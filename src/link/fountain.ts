import { WaypostError } from '../core/errors.js';
import { gfInverse } from './gf256.js';
import { addMultiple, createRow } from './gf256-rows.js';

/*
 * A fountain code: as many symbols of a message as one likes, of which any that are enough in number give it back. It is
 * a systematic random linear code over GF(256): the first symbols are the message itself, cut into pieces, and every
 * further one a linear combination of all of them. The frames of docs/transports/qr.md carry it.
 */

/** Bounds what a decoder holds: the coefficients of n combinations of n symbols are n^2 bytes. */
export const MAX_SOURCE_SYMBOLS = 2048;
/** Symbols are numbered from 0 to this. */
export const MAX_SYMBOL_INDEX = 0xffff;
/** Below this index combinations are rows of a Cauchy matrix, which has one row or column for each element of the field. */
const CAUCHY_INDEXES = 256;

/** What both sides have to know of a message before its symbols mean anything. */
export interface FountainShape {
  readonly messageBytes: number;
  /** Bytes of a symbol. The last source symbol is filled up with zeros. */
  readonly symbolBytes: number;
  /** 8 bytes that vary with the message, so that a bad pair of combinations is not bad for every message. */
  readonly salt: Uint8Array;
}

/** How many symbols a message has to begin with. Throws ERR_INVALID_ARGUMENT and ERR_TOO_LARGE. */
export function sourceSymbolsOf({ messageBytes, symbolBytes, salt }: FountainShape): number {
  if (!isPositive(messageBytes) || !isPositive(symbolBytes) || salt.length !== 8) {
    const what = `${messageBytes} bytes in symbols of ${symbolBytes} bytes with a salt of ${salt.length} bytes`;
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${what} is not a message that can be coded`);
  }
  const count = Math.ceil(messageBytes / symbolBytes);
  if (count <= MAX_SOURCE_SYMBOLS) return count;
  const what = `${messageBytes} bytes in symbols of ${symbolBytes} bytes are ${count} symbols`;
  throw new WaypostError('ERR_TOO_LARGE', `${what}, the limit is ${MAX_SOURCE_SYMBOLS}`);
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** Throws ERR_INVALID_ARGUMENT for what is not the index of a symbol. */
export function checkSymbolIndex(index: number): void {
  if (Number.isInteger(index) && index >= 0 && index <= MAX_SYMBOL_INDEX) return;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${index} is not the index of a symbol, 0 to ${MAX_SYMBOL_INDEX}`);
}

/**
 * What each of the `count` source symbols is multiplied by in the symbol `index`, which is not a source symbol itself.
 * Any `count` different symbols with an index below 256 are always enough, because every square part of a Cauchy matrix
 * can be inverted; random ones fail with a probability of 1/255, and then one more symbol is needed.
 */
export function repairCoefficients(index: number, count: number, salt: Uint8Array): Uint8Array {
  const coefficients = new Uint8Array(count);
  if (index < CAUCHY_INDEXES) {
    for (let i = 0; i < count; i++) coefficients[i] = gfInverse(index ^ i);
    return coefficients;
  }
  const view = new DataView(salt.buffer, salt.byteOffset, salt.byteLength);
  let state = mix(view.getUint32(0) ^ mix(view.getUint32(4) ^ mix(index)));
  for (let i = 0; i < count; i += 4) {
    state = (state + 0x9e37_79b9) | 0;
    const word = mix(state);
    for (let byte = 0; byte < 4 && i + byte < count; byte++) coefficients[i + byte] = word >>> (24 - 8 * byte);
  }
  return coefficients;
}

/** The finalizer of MurmurHash3: every bit of the input changes each bit of the output half of the time. */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Makes any symbol of one message, in any order. Keeps a copy of the message. */
export class FountainEncoder {
  /** The symbols from 0 up to this are the message itself. */
  readonly sourceSymbols: number;
  readonly symbolBytes: number;
  readonly #salt: Uint8Array;
  readonly #sources: readonly Uint32Array[];

  /** Throws as {@link sourceSymbolsOf} does. */
  constructor(message: Uint8Array, shape: Omit<FountainShape, 'messageBytes'>) {
    const { symbolBytes, salt } = shape;
    this.sourceSymbols = sourceSymbolsOf({ ...shape, messageBytes: message.length });
    this.symbolBytes = symbolBytes;
    this.#salt = salt.slice();
    this.#sources = Array.from({ length: this.sourceSymbols }, (_, i) => {
      const { bytes, words } = createRow(symbolBytes);
      bytes.set(message.subarray(i * symbolBytes, (i + 1) * symbolBytes));
      return words;
    });
  }

  /** A new array. Throws ERR_INVALID_ARGUMENT for an index beyond {@link MAX_SYMBOL_INDEX}. */
  symbol(index: number): Uint8Array {
    checkSymbolIndex(index);
    const { bytes, words } = createRow(this.symbolBytes);
    const source = this.#sources[index];
    if (source !== undefined) words.set(source);
    else {
      const coefficients = repairCoefficients(index, this.sourceSymbols, this.#salt);
      for (const [i, word] of this.#sources.entries()) addMultiple(words, word, coefficients[i] as number);
    }
    return bytes.subarray(0, this.symbolBytes);
  }
}
