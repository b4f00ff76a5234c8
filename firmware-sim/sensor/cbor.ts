import { concatBytes, fromUtf8, utf8 } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';

/*
 * As much CBOR (RFC 8949) as the firmware of a sensor has: everything in its shortest form, and no floating point numbers
 * coming in.
 */

export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number, Cbor>;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const;

export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'string') {
    const text = utf8(value);
    return concatBytes(head(MAJOR.text, text.length), text);
  }
  if (value instanceof Uint8Array) return concatBytes(head(MAJOR.bytes, value.length), value);
  if (value instanceof Map) {
    const parts = [...value].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)]);
    return concatBytes(head(MAJOR.map, value.size), ...parts);
  }
  const items = value as readonly Cbor[];
  return concatBytes(head(MAJOR.array, items.length), ...items.map(encodeCbor));
}

function head(major: number, count: number): Uint8Array {
  const first = major << 5;
  if (count < 24) return Uint8Array.of(first | count);
  if (count < 0x100) return Uint8Array.of(first | 24, count);
  if (count < 0x1_0000) return Uint8Array.of(first | 25, count >> 8, count);
  return Uint8Array.of(first | 26, count >>> 24, count >>> 16, count >>> 8, count);
}

function encodeNumber(value: number): Uint8Array {
  const isShort = Number.isInteger(value) && Math.abs(value) < 2 ** 32 && !Object.is(value, -0);
  if (isShort) return value < 0 ? head(MAJOR.negative, -1 - value) : head(MAJOR.unsigned, value);
  const view = new DataView(new ArrayBuffer(9));
  if (Math.fround(value) !== value) {
    view.setUint8(0, 0xfb);
    view.setFloat64(1, value);
    return new Uint8Array(view.buffer);
  }
  view.setFloat32(1, value);
  const half = toHalf(view.getUint32(1));
  if (half !== undefined) return Uint8Array.of(0xf9, half >> 8, half);
  view.setUint8(0, 0xfa);
  return new Uint8Array(view.buffer, 0, 5);
}

/** The bits of a single precision number as those of a half precision one, where nothing is lost and it is no subnormal. */
function toHalf(single: number): number | undefined {
  const exponent = ((single >>> 23) & 0xff) - 127;
  const fraction = single & 0x7f_ffff;
  if (exponent < -14 || exponent > 15 || (fraction & 0x1fff) !== 0) return undefined;
  return ((single >>> 16) & 0x8000) | ((exponent + 15) << 10) | (fraction >>> 13);
}

/** Deeper than anything that a gateway sends. */
const MAX_DEPTH = 4;

/** One item and nothing behind it. Throws ERR_CBOR_MALFORMED, also for what no gateway sends. */
export function decodeCbor(bytes: Uint8Array): Cbor {
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (count > bytes.length - at) throw malformed('it ends too early');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const uint = (size: number): number => take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  const item = (depth: number): Cbor => {
    const first = uint(1);
    const info = first & 31;
    if (info > 26 || depth > MAX_DEPTH) throw malformed('it is too large, too deep or of indefinite length');
    const count = info < 24 ? info : uint(2 ** (info - 24));
    // Each item has a byte at least, so that nothing is made for a length that is a lie.
    if (first >> 5 >= MAJOR.bytes && count > bytes.length - at) throw malformed('it ends too early');
    switch (first >> 5) {
      case MAJOR.unsigned:
        return count;
      case MAJOR.negative:
        return -1 - count;
      case MAJOR.bytes:
        return take(count).slice();
      case MAJOR.text:
        return fromUtf8(take(count));
      case MAJOR.array:
        return Array.from({ length: count }, () => item(depth + 1));
      case MAJOR.map:
        return new Map(Array.from({ length: count }, () => [keyOf(item(depth + 1)), item(depth + 1)] as const));
      default:
        throw malformed('it has a tag or a simple value');
    }
  };
  const whole = item(1);
  if (at < bytes.length) throw malformed('something comes behind it');
  return whole;
}

function keyOf(value: Cbor): number {
  if (typeof value === 'number') return value;
  throw malformed('a key is not a number');
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_CBOR_MALFORMED', `what came for a sensor is no CBOR that it reads: ${why}`);
}
