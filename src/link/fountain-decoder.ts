import { WaypostError } from '../core/errors.js';
import { checkSymbolIndex, type FountainShape, repairCoefficients, sourceSymbolsOf } from './fountain.js';
import { gfInverse } from './gf256.js';
import { addMultiple, createRow, multiplyRow } from './gf256-rows.js';

/**
 * An equation: the source symbols, each times its coefficient, add up to the symbol. The coefficient at a row's own
 * position (its pivot) is 1, and at every other pivot 0. `words` is the symbol and then, unless the row is the source
 * symbol itself, the coefficients: what is done to the one has to be done to the other.
 */
interface Row {
  readonly words: Uint32Array;
  readonly symbol: Uint8Array;
  readonly coefficients: Uint8Array | undefined;
}

interface Combination extends Row {
  readonly coefficients: Uint8Array;
}

/** What a symbol was good for; see {@link FountainDecoder.add}. */
export type SymbolVerdict = 'used' | 'redundant' | 'conflict';

/**
 * Gives a message back from enough of its symbols, in whatever order they come. Every symbol is worked in when it comes
 * (Gauss-Jordan elimination), so that the last one costs no more than the others. Holds at most the message and the square
 * of its number of symbols, in bytes.
 */
export class FountainDecoder {
  readonly sourceSymbols: number;
  readonly #shape: FountainShape;
  readonly #symbolWords: number;
  readonly #rows: (Row | undefined)[];
  readonly #combinations: Combination[] = [];
  #rank = 0;
  /** The first position without a row: coefficients before it are 0 or pivots, and take no part in the arithmetic. */
  #firstOpen = 0;

  /** Throws as {@link sourceSymbolsOf} does, before it allocates anything. */
  constructor(shape: FountainShape) {
    this.sourceSymbols = sourceSymbolsOf(shape);
    this.#shape = { ...shape, salt: shape.salt.slice() };
    this.#symbolWords = Math.ceil(shape.symbolBytes / 4);
    this.#rows = Array.from({ length: this.sourceSymbols }, () => undefined);
  }

  /** How many more symbols it takes at least. */
  get missing(): number {
    return this.sourceSymbols - this.#rank;
  }

  /**
   * Takes a symbol, and copies it. `redundant`: it says nothing new. `conflict`: it contradicts those before it, so that
   * at least one of them is wrong; which one cannot be told. Throws ERR_INVALID_ARGUMENT for a symbol of the wrong length
   * or an index that does not exist.
   */
  add(index: number, symbol: Uint8Array): SymbolVerdict {
    const { symbolBytes, salt } = this.#shape;
    checkSymbolIndex(index);
    if (symbol.length !== symbolBytes) {
      const what = `a symbol of ${symbol.length} bytes among those of ${symbolBytes}`;
      throw new WaypostError('ERR_INVALID_ARGUMENT', what);
    }
    const isSource = index < this.sourceSymbols;
    if (isSource && this.#rows[index] === undefined) {
      this.#insert(index, this.#createRow(symbol));
      return 'used';
    }
    const combination = this.#createCombination(symbol);
    if (isSource) combination.coefficients[index] = 1;
    else combination.coefficients.set(repairCoefficients(index, this.sourceSymbols, salt));
    return this.#addCombination(combination);
  }

  /** The message, once nothing is missing; undefined before. A new array. */
  message(): Uint8Array | undefined {
    const { messageBytes, symbolBytes } = this.#shape;
    const message = new Uint8Array(messageBytes);
    for (const [i, row] of this.#rows.entries()) {
      if (row === undefined) return undefined;
      message.set(row.symbol.subarray(0, messageBytes - i * symbolBytes), i * symbolBytes);
    }
    return message;
  }

  #createRow(symbol: Uint8Array): Row {
    const { bytes, words } = createRow(symbol.length);
    bytes.set(symbol);
    return { words, symbol: bytes.subarray(0, symbol.length), coefficients: undefined };
  }

  #createCombination(symbol: Uint8Array): Combination {
    const start = this.#symbolWords * 4;
    const { bytes, words } = createRow(start + this.sourceSymbols);
    bytes.set(symbol);
    return {
      words,
      symbol: bytes.subarray(0, symbol.length),
      coefficients: bytes.subarray(start, start + this.sourceSymbols),
    };
  }

  #addCombination(combination: Combination): SymbolVerdict {
    const { coefficients, symbol, words } = combination;
    for (let i = 0; i < this.sourceSymbols; i++) {
      const row = this.#rows[i];
      if (row !== undefined) this.#eliminate(combination, row, i);
    }
    const pivot = coefficients.findIndex((coefficient) => coefficient !== 0);
    if (pivot < 0) return symbol.every((byte) => byte === 0) ? 'redundant' : 'conflict';
    multiplyRow(words, gfInverse(coefficients[pivot] as number));
    this.#insert(pivot, combination);
    this.#combinations.push(combination);
    return 'used';
  }

  /** Puts a row in its place and takes its source symbol out of the rows that still contain it. */
  #insert(pivot: number, row: Row): void {
    for (const combination of this.#combinations) this.#eliminate(combination, row, pivot);
    this.#rows[pivot] = row;
    this.#rank++;
    while (this.#firstOpen < this.sourceSymbols && this.#rows[this.#firstOpen] !== undefined) this.#firstOpen++;
  }

  /** Takes as many times `row` from a combination as makes its coefficient at the pivot of `row` 0. */
  #eliminate({ coefficients, words }: Combination, row: Row, pivot: number): void {
    const factor = coefficients[pivot] as number;
    if (factor === 0) return;
    const start = this.#symbolWords;
    addMultiple(words, row.words, factor, 0, start);
    if (row.coefficients !== undefined) addMultiple(words, row.words, factor, start + (this.#firstOpen >> 2));
    coefficients[pivot] = 0;
  }
}
