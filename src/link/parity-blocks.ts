import { WaypostError } from '../core/errors.js';
import { gfInverse, gfMultiply } from './gf256.js';
import { MAX_WORD_BYTES, ReedSolomon } from './reed-solomon.js';

/*
 * Bytes with Reed-Solomon parity and without any zero, so that a zero can stand between frames. COBS would not do: a
 * byte of it that is hit changes how all that follows is read. Here a byte that is hit is one wrong byte, whichever.
 *
 * A block is a code word of up to 255 bytes: a mask byte, up to 246 bytes of data, 8 of parity. The data is XORed with
 * a value that is chosen so that no byte of the block becomes 0, parity included: the code is linear, so another value
 * changes every byte of the block in a known way, and at most 255 of the 256 values are excluded (0, and one for each
 * byte of data and parity). The mask byte is part of the code word, so it is protected like the rest.
 *
 * That each value excludes itself only needs a code whose parity of (MASK_FACTOR, 1, 1, ...) has no zero at any length.
 * For 8 bytes of parity there are 28 such pairs of first root and factor, none with a first root below 19.
 */

const PARITY_BYTES = 8;
const FIRST_ROOT = 100;
const MASK_FACTOR = 50;

const MASK_BYTES = 1;
/** What a block has besides data. */
const BLOCK_OVERHEAD_BYTES = MASK_BYTES + PARITY_BYTES;
/** The most data in a block. */
const BLOCK_DATA_BYTES = MAX_WORD_BYTES - BLOCK_OVERHEAD_BYTES;

const code = new ReedSolomon({ parityBytes: PARITY_BYTES, firstRoot: FIRST_ROOT });
const inverseMaskFactor = gfInverse(MASK_FACTOR);

/** Row `n`: the parity of a block of `n` bytes of data when its value is 1 and its data 0. */
const MASK_PARITY = new Uint8Array(PARITY_BYTES * (BLOCK_DATA_BYTES + 1));
for (let length = 0, parity = new Uint8Array(PARITY_BYTES); length <= BLOCK_DATA_BYTES; length++) {
  code.append(length === 0 ? MASK_FACTOR : 1, parity);
  MASK_PARITY.set(parity, PARITY_BYTES * length);
}

/** How long the encoding of `length` bytes is. */
export function parityEncodedLength(length: number): number {
  return length + BLOCK_OVERHEAD_BYTES * Math.ceil(length / BLOCK_DATA_BYTES);
}

/**
 * `bytes`, which are not empty, in blocks, as few as possible. Byte `i` of the result belongs to block `i` modulo
 * their number, so that a burst of errors is shared between them: first all the mask bytes, then the data in its order,
 * then the parity. Throws ERR_INVALID_ARGUMENT when `bytes` is empty.
 */
export function parityEncode(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'there are no bytes to protect by parity');
  const out = new Uint8Array(parityEncodedLength(bytes.length));
  const blocks = blocksIn(out.length);
  out.set(bytes, blocks);
  for (let i = 0; i < blocks; i++) {
    const block = takeBlock(out, i, blocks);
    fillBlock(block);
    putBlock(block, out, i, blocks);
  }
  return out;
}

export interface Corrected {
  readonly bytes: Uint8Array;
  /** How many bytes of the encoding were wrong. */
  readonly correctedBytes: number;
}

/**
 * What was encoded. Up to four wrong bytes in each block are corrected; undefined where there are more, or where the
 * length is not one that an encoding has. Worse damage can come out as other bytes: check them otherwise too.
 */
export function parityDecode(encoded: Uint8Array): Corrected | undefined {
  const blocks = blocksIn(encoded.length);
  const bytes = new Uint8Array(Math.max(0, encoded.length - BLOCK_OVERHEAD_BYTES * blocks));
  if (bytes.length === 0 || parityEncodedLength(bytes.length) !== encoded.length) return undefined;
  let correctedBytes = 0;
  for (let i = 0; i < blocks; i++) {
    const block = takeBlock(encoded, i, blocks);
    const corrected = code.correct(block);
    if (corrected === undefined) return undefined;
    correctedBytes += corrected;
    const value = gfMultiply(block[0] as number, inverseMaskFactor);
    for (let from = MASK_BYTES, to = i; to < bytes.length; from++, to += blocks) {
      bytes[to] = (block[from] as number) ^ value;
    }
  }
  return { bytes, correctedBytes };
}

function blocksIn(encodedLength: number): number {
  return Math.ceil(encodedLength / MAX_WORD_BYTES);
}

function takeBlock(encoded: Uint8Array, index: number, blocks: number): Uint8Array {
  if (blocks === 1) return encoded.slice();
  const block = new Uint8Array(Math.ceil((encoded.length - index) / blocks));
  for (let i = 0, from = index; i < block.length; i++, from += blocks) block[i] = encoded[from] as number;
  return block;
}

function putBlock(block: Uint8Array, encoded: Uint8Array, index: number, blocks: number): void {
  for (let i = 0, to = index; i < block.length; i++, to += blocks) encoded[to] = block[i] as number;
}

/** Chooses the value of a block in which only the data stands, and writes what follows from it. */
function fillBlock(block: Uint8Array): void {
  const parityAt = block.length - PARITY_BYTES;
  const row = PARITY_BYTES * (parityAt - MASK_BYTES);
  const maskParity = MASK_PARITY.subarray(row, row + PARITY_BYTES);
  // The mask byte is still 0: this is the parity that goes with the value 0.
  const parity = code.parity(block.subarray(0, parityAt));
  const isExcluded = new Uint8Array(256);
  isExcluded[0] = 1;
  for (let i = MASK_BYTES; i < parityAt; i++) isExcluded[block[i] as number] = 1;
  maskParity.forEach((factor, i) => {
    isExcluded[gfMultiply(parity[i] as number, gfInverse(factor))] = 1;
  });
  const value = isExcluded.indexOf(0);
  block[0] = gfMultiply(value, MASK_FACTOR);
  for (let i = MASK_BYTES; i < parityAt; i++) block[i] = (block[i] as number) ^ value;
  maskParity.forEach((factor, i) => {
    block[parityAt + i] = (parity[i] as number) ^ gfMultiply(factor, value);
  });
}
