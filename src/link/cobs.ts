import { WaypostError } from '../core/errors.js';

/*
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999): bytes
 * without any zero, so that a zero can stand between frames. Data is cut behind each zero, and after at most 254 bytes;
 * each piece is written without its zero, behind a code byte: the piece's length plus one. 0xff means 254 bytes and no zero.
 */

const LONGEST_RUN = 254;

/** How long the encoding of `length` bytes is at most: one byte more, and one for each 254 bytes. */
export function cobsMaxEncodedLength(length: number): number {
  return length + Math.floor(length / LONGEST_RUN) + 1;
}

/** `bytes` without any zero; no delimiter is added. Never empty: nothing becomes one byte. */
export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(cobsMaxEncodedLength(bytes.length));
  return out.subarray(0, cobsEncodeInto(bytes, out));
}

/**
 * Writes the encoding of `bytes` into `out` from `offset` on, and gives the offset behind it. Throws
 * ERR_INVALID_ARGUMENT when there is not room for the longest encoding ({@link cobsMaxEncodedLength}).
 */
export function cobsEncodeInto(bytes: Uint8Array, out: Uint8Array, offset = 0): number {
  const longest = cobsMaxEncodedLength(bytes.length);
  if (out.length - offset < longest) throw noRoom(longest, out.length - offset);
  let codeAt = offset;
  let at = offset + 1;
  let code = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte !== 0) {
      out[at++] = byte;
      code++;
      if (code <= LONGEST_RUN) continue;
      // 254 bytes that end the data need nothing behind them.
      if (i === bytes.length - 1) break;
    }
    out[codeAt] = code;
    codeAt = at++;
    code = 1;
  }
  out[codeAt] = code;
  return at;
}

/**
 * What was encoded, or undefined when `encoded` (without its delimiter) is not an encoding: empty, cut off, or with a
 * zero in it.
 */
export function cobsDecode(encoded: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(encoded.length);
  const length = cobsDecodeInto(encoded, out);
  return length === undefined ? undefined : out.subarray(0, length);
}

/**
 * Writes what was encoded to the start of `out` and gives its length, or undefined like {@link cobsDecode}; `out` then
 * holds anything. `out` may be `encoded` itself. Throws ERR_INVALID_ARGUMENT when `out` is shorter than `encoded`.
 */
export function cobsDecodeInto(encoded: Uint8Array, out: Uint8Array): number | undefined {
  if (out.length < encoded.length) throw noRoom(encoded.length, out.length);
  let at = 0;
  let i = 0;
  while (i < encoded.length) {
    const code = encoded[i++] as number;
    const end = i + code - 1;
    if (code === 0 || end > encoded.length) return undefined;
    while (i < end) {
      const byte = encoded[i++] as number;
      if (byte === 0) return undefined;
      out[at++] = byte;
    }
    // The zero behind the last piece is not part of the data.
    if (code <= LONGEST_RUN && i < encoded.length) out[at++] = 0;
  }
  return i === 0 ? undefined : at;
}

function noRoom(needed: number, given: number): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', `COBS needs room for ${needed} bytes and was given ${given}`);
}
