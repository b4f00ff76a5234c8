import { equalBytes } from '../core/bytes.js';
import { WaypostError } from '../core/errors.js';
import { decodeCbor, encodeCbor } from './cbor.js';

/*
 * Which frames of a device were taken: each (boot epoch, counter) once. Like the replay window of OSCORE (RFC 8613, 7.4),
 * except that frames below the highest are remembered by a hash, so that a frame that is sent again because its
 * acknowledgement was lost can be told from another frame under the same number.
 */

/** How many counters, the highest included, are remembered. A device has at most as many frames unacknowledged. */
export const WINDOW = 32;
/** Of the SHA-256 of a frame. */
export const SHORT_HASH_BYTES = 8;
const MAX_NUMBER = 2 ** 32 - 1;

export interface FrameNumber {
  /** Grows with each boot of the device; 0 to 2^32 - 1. */
  readonly epoch: number;
  /** Grows with each frame of an epoch; 0 to 2^32 - 1. */
  readonly counter: number;
}

/** What was taken of an epoch. */
export interface Taken {
  readonly epoch: number;
  /** The highest. */
  readonly counter: number;
  /** WINDOW short hashes: of the highest counter, then of the one below, and so on. Zeros: not taken. */
  readonly hashes: Uint8Array;
}

/** What was taken of a device. */
export interface Sequence extends Taken {
  /**
   * Of the epoch before. Nothing new of it is taken, but a device that missed an answer over its boot can still learn that its
   * frame was stored, and does not send the readings again under another number.
   */
  readonly previous?: Taken | undefined;
}

/**
 * - `new`: not seen before. `repeat`: this very frame was taken before. `replayed`: another frame had this number.
 * - `too-old`: below the window. `closed`: not taken, of an epoch that a later one has ended.
 */
export type Verdict = 'new' | 'repeat' | 'replayed' | 'too-old' | 'closed';

const NOTHING = new Uint8Array(SHORT_HASH_BYTES);

/** `taken` is undefined for a device that has sent nothing yet. */
export function judge(taken: Sequence | undefined, { epoch, counter }: FrameNumber, hash: Uint8Array): Verdict {
  if (taken === undefined || epoch > taken.epoch) return 'new';
  if (epoch < taken.epoch) {
    const { previous } = taken;
    const wasTaken = epoch === previous?.epoch && equalBytes(slot(previous.hashes, previous.counter - counter), hash);
    return wasTaken ? 'repeat' : 'closed';
  }
  const below = taken.counter - counter;
  if (below < 0) return 'new';
  if (below >= WINDOW) return 'too-old';
  const known = slot(taken.hashes, below);
  if (equalBytes(known, NOTHING)) return 'new';
  return equalBytes(known, hash) ? 'repeat' : 'replayed';
}

/** What is taken after a frame that was judged `new`. */
export function withFrame(taken: Sequence | undefined, number: FrameNumber, hash: Uint8Array): Sequence {
  const { epoch, counter } = number;
  const isFirst = taken === undefined || epoch > taken.epoch;
  const highest = isFirst ? counter : Math.max(taken.counter, counter);
  const hashes = new Uint8Array(WINDOW * SHORT_HASH_BYTES);
  if (!isFirst) {
    const raised = highest - taken.counter;
    if (raised < WINDOW) {
      hashes.set(taken.hashes.subarray(0, (WINDOW - raised) * SHORT_HASH_BYTES), raised * SHORT_HASH_BYTES);
    }
  }
  hashes.set(hash, (highest - counter) * SHORT_HASH_BYTES);
  const previous = taken !== undefined && epoch > taken.epoch ? lastOf(taken) : taken?.previous;
  return { epoch, counter: highest, hashes, previous };
}

function lastOf({ epoch, counter, hashes }: Sequence): Taken {
  return { epoch, counter, hashes };
}

/** Nothing below and above the window. */
function slot(hashes: Uint8Array, index: number): Uint8Array {
  return index < 0 ? NOTHING : hashes.subarray(index * SHORT_HASH_BYTES, (index + 1) * SHORT_HASH_BYTES);
}

/** The array header that two items need to be one data item. */
const ARRAY_OF_TWO = 0x82;

/**
 * A number as it stands in a Partial IV: epoch and counter as two CBOR unsigned integers in their shortest form, one behind
 * the other (a CBOR sequence, RFC 8742), 2 to 10 bytes.
 */
export function encodeNumber({ epoch, counter }: FrameNumber): Uint8Array {
  return encodeCbor([epoch, counter]).subarray(1);
}

/** Throws ERR_FRAME_MALFORMED, ERR_CBOR_MALFORMED. */
export function decodeNumber(partialIv: Uint8Array): FrameNumber {
  const bytes = new Uint8Array(1 + partialIv.length);
  bytes[0] = ARRAY_OF_TWO;
  bytes.set(partialIv, 1);
  const [epoch, counter] = decodeCbor(bytes, 'a Partial IV') as readonly unknown[];
  if (isNumber(epoch) && isNumber(counter)) return { epoch, counter };
  throw new WaypostError(
    'ERR_FRAME_MALFORMED',
    'a Partial IV is not an epoch and a counter, whole numbers below 2^32 each',
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER;
}

/** The epoch to grant next. Throws ERR_FRAME_MALFORMED when there is none left. */
export function epochAfter(last: number): number {
  if (last < MAX_NUMBER) return last + 1;
  throw new WaypostError('ERR_FRAME_MALFORMED', 'the device has used up its epochs; it needs a new key');
}
