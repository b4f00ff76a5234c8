/*
 * Reading and writing the fields of frames. Fixed numbers are big-endian; a varint is unsigned LEB128: seven bits a
 * byte, the low ones first, the top bit set on all bytes but the last. It has at most seven bytes and no needless ones.
 */

const MAX_VARINT_BYTES = 7;

export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Fills a buffer of a given size from the front. */
export class FrameWriter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(limitBytes: number) {
    this.#bytes = new Uint8Array(limitBytes);
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#bytes.length - this.#at;
  }

  uint(value: number, bytes: 1 | 2 | 4): this {
    for (let shift = 8 * (bytes - 1); shift >= 0; shift -= 8) this.#bytes[this.#at++] = value >>> shift;
    return this;
  }

  varint(value: number): this {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** What was written. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** What a frame is, when it is not one: thrown by {@link FrameReader}, and caught by the decoder, which counts it. */
export class NotAFrame extends Error {}

/** Takes a frame apart from the front. Throws {@link NotAFrame} for what is not there. */
export class FrameReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  uint(bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + this.#next();
    return value;
  }

  varint(): number {
    let value = 0;
    for (let i = 0, scale = 1; i < MAX_VARINT_BYTES; i++, scale *= 128) {
      const byte = this.#next();
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      if (byte === 0 && i > 0) throw new NotAFrame('a varint that is longer than it needs to be');
      return value;
    }
    throw new NotAFrame('a varint that is too long');
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.remaining) throw new NotAFrame('a frame that ends early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  end(): void {
    if (this.remaining > 0) throw new NotAFrame('bytes behind the end of a frame');
  }

  #next(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new NotAFrame('a frame that ends early');
    return byte;
  }
}
