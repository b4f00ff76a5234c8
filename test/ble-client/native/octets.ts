/* Notation of link.md: u8, u16 and u32 are big-endian, a varint is unsigned LEB128. */

const MAX_VARINT_OCTETS = 7;

/** Reads the fields of a frame one after the other. Throws RangeError where they are not there or not as short as can be. */
export class OctetReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  uint(octets: 1 | 2 | 4): number {
    return this.take(octets).reduce((value, octet) => value * 256 + octet, 0);
  }

  varint(): number {
    let value = 0;
    for (let index = 0; index < MAX_VARINT_OCTETS; index++) {
      const octet = this.uint(1);
      value += (octet % 128) * 128 ** index;
      if (octet >= 128) continue;
      if (octet === 0 && index > 0) throw new RangeError('a varint that is longer than it has to be');
      return value;
    }
    throw new RangeError('a varint that does not end');
  }

  take(octets: number): Uint8Array {
    if (octets > this.left) throw new RangeError('the frame ends too soon');
    this.#at += octets;
    return this.#octets.slice(this.#at - octets, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }
}

/** Octets of an unsigned big-endian number. */
export function uint(value: number, octets: 1 | 2 | 4): number[] {
  return Array.from({ length: octets }, (_, index) => Math.floor(value / 256 ** (octets - 1 - index)) % 256);
}

export function varint(value: number): number[] {
  const octets: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(128 + (rest % 128));
  return [...octets, rest];
}
