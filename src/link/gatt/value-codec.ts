import { concatBytes } from '../../core/bytes.js';
import { CRC32C_RESIDUE, crc32c } from '../crc32c.js';

/*
 * Frames of the link protocol in attribute values (docs/transports/ble.md, "Values"): one header byte, then bytes of one
 * frame. Bluetooth checks what is in a value, and keeps values in order; whole values get lost where a host reads too
 * slowly. So the header numbers them, and only a frame that takes several needs a check of its own.
 */

/** Longest values that fill one and two packets of the radio (251 octets each) with the 7 octets of L2CAP and ATT. */
const ONE_PACKET_BYTES = 244;
const TWO_PACKETS_BYTES = 495;

const FIRST = 0x80;
const LAST = 0x40;
const NUMBERS = 0x40;
const HEADER_BYTES = 1;
const CRC_BYTES = 4;
/** A frame of the link protocol can be so long on every link; where no value is, frames take several. */
const MIN_FRAME_BYTES = 64;
const VALUES_PER_FRAME = 8;

/** How long values are to be, of those that the MTU allows: a packet that is hardly filled costs as much as a full one. */
export function valueBytesFor(maxValueBytes: number): number {
  if (maxValueBytes >= TWO_PACKETS_BYTES) return TWO_PACKETS_BYTES;
  return Math.min(maxValueBytes, ONE_PACKET_BYTES);
}

/** The longest frame for values of `valueBytes`. */
export function frameBytesFor(valueBytes: number): number {
  const payloadBytes = valueBytes - HEADER_BYTES;
  return payloadBytes >= MIN_FRAME_BYTES ? payloadBytes : VALUES_PER_FRAME * payloadBytes - CRC_BYTES;
}

/** What values add to a frame of the longest kind. */
export function frameOverheadFor(valueBytes: number): number {
  return valueBytes - HEADER_BYTES >= MIN_FRAME_BYTES ? HEADER_BYTES : VALUES_PER_FRAME * HEADER_BYTES + CRC_BYTES;
}

/** Cuts frames into values. */
export class ValueEncoder {
  #payloadBytes = 0;
  #number = 0;

  constructor(valueBytes: number) {
    this.valueBytes = valueBytes;
  }

  /** Of the longest values, from the next frame on. */
  set valueBytes(valueBytes: number) {
    this.#payloadBytes = valueBytes - HEADER_BYTES;
  }

  encode(frame: Uint8Array): Uint8Array[] {
    const isWhole = frame.length <= this.#payloadBytes;
    const bytes = isWhole ? frame : withCrc(frame);
    const values: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; start += this.#payloadBytes) {
      const end = Math.min(bytes.length, start + this.#payloadBytes);
      const flags = (start === 0 ? FIRST : 0) | (end === bytes.length ? LAST : 0);
      values.push(concatBytes(Uint8Array.of(flags | this.#number), bytes.subarray(start, end)));
      this.#number = (this.#number + 1) % NUMBERS;
    }
    return values;
  }
}

/** Puts values together again; what is incomplete, damaged or longer than `maxFrameBytes` is left out. */
export class ValueDecoder {
  readonly #maxBytes: number;
  /** Of the frame that is under way; empty where none is. */
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #nextNumber = 0;

  constructor(maxFrameBytes: number) {
    this.#maxBytes = maxFrameBytes + CRC_BYTES;
  }

  /** The frame that `value` completes. */
  decode(value: Uint8Array): Uint8Array | undefined {
    const [header] = value;
    if (header === undefined || value.length === HEADER_BYTES) return undefined;
    const payload = value.subarray(HEADER_BYTES);
    const number = header % NUMBERS;
    if ((header & FIRST) !== 0) {
      this.#parts = [];
      this.#bytes = 0;
      if ((header & LAST) !== 0) return payload;
    } else if (this.#parts.length === 0 || number !== this.#nextNumber) {
      this.#parts = [];
      return undefined;
    }
    this.#nextNumber = (number + 1) % NUMBERS;
    this.#bytes += payload.length;
    if (this.#bytes > this.#maxBytes) {
      this.#parts = [];
      return undefined;
    }
    this.#parts.push(payload);
    return (header & LAST) === 0 ? undefined : this.#finish();
  }

  #finish(): Uint8Array | undefined {
    const bytes = concatBytes(...this.#parts);
    this.#parts = [];
    return bytes.length > CRC_BYTES && crc32c(bytes) === CRC32C_RESIDUE ? bytes.subarray(0, -CRC_BYTES) : undefined;
  }
}

/** The CRC-32C follows low byte first, as in framing.md. */
function withCrc(frame: Uint8Array): Uint8Array {
  const crc = crc32c(frame);
  return concatBytes(frame, Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24));
}
