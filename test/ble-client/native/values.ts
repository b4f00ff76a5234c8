import { crc32c } from './crc32c.js';

/* Frames in attribute values (ble.md, "Values"). */

const FIRST = 0x80;
const LAST = 0x40;
const NUMBERS = 64;
const CRC_BYTES = 4;

/** How many bytes of a value are used. */
export function valueBytes(mtu: number): number {
  const most = mtu - 3;
  if (most >= 495) return 495;
  return most >= 244 ? 244 : most;
}

/** The longest frame for values of so many bytes. */
export function frameBytes(value: number): number {
  const room = value - 1;
  return room < 64 ? 8 * room - CRC_BYTES : room;
}

/** Cuts the frames of one direction into values. */
export class ValueCutter {
  readonly #room: number;
  #number = 0;

  constructor(value: number) {
    this.#room = value - 1;
  }

  cut(frame: Uint8Array): Buffer[] {
    const bytes = frame.length <= this.#room ? frame : Buffer.concat([frame, lowByteFirst(crc32c(frame))]);
    const values: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += this.#room) {
      const piece = bytes.subarray(start, start + this.#room);
      const isLast = start + this.#room >= bytes.length;
      const header = (start === 0 ? FIRST : 0) + (isLast ? LAST : 0) + this.#number;
      values.push(Buffer.concat([Uint8Array.of(header), piece]));
      this.#number = (this.#number + 1) % NUMBERS;
    }
    return values;
  }
}

/** Puts the values of one direction together again. */
export class ValueJoiner {
  readonly #limit: number;
  #joined: Buffer | undefined;
  #expected = 0;

  constructor(maxFrameBytes: number) {
    this.#limit = maxFrameBytes + CRC_BYTES;
  }

  /** The frame that a value ends; undefined while there is more to come, or when something is missing. */
  join(value: Uint8Array): Uint8Array | undefined {
    const [header = 0] = value;
    const isFirst = (header & FIRST) !== 0;
    const isLast = (header & LAST) !== 0;
    const before = isFirst ? Buffer.alloc(0) : this.#joined;
    const isNext = isFirst || header % NUMBERS === this.#expected;
    this.#joined = undefined;
    this.#expected = (header + 1) % NUMBERS;
    if (value.length < 2 || before === undefined || !isNext) return undefined;
    const joined = Buffer.concat([before, value.subarray(1)]);
    if (joined.length > this.#limit) return undefined;
    if (!isLast) {
      this.#joined = joined;
      return undefined;
    }
    if (isFirst) return joined;
    const frame = joined.subarray(0, -CRC_BYTES);
    return joined.subarray(-CRC_BYTES).equals(lowByteFirst(crc32c(frame))) ? frame : undefined;
  }
}

function lowByteFirst(crc: number): Buffer {
  const bytes = Buffer.alloc(CRC_BYTES);
  bytes.writeUInt32LE(crc);
  return bytes;
}
