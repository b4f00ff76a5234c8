import { fromUtf8 } from './bytes.js';
import { WaypostError } from './errors.js';

/*
 * A look through CBOR (RFC 8949) from outside, before a decoder sees it: decoders answer deep nesting with a stack
 * overflow, take the last of two equal keys without a word, and allocate what a header announces.
 */

/** What hostile CBOR may hold and cost. */
export interface CborLimits {
  readonly maxBytes: number;
  /** Arrays, maps and tags within each other. */
  readonly maxDepth: number;
  /** Data items in total, keys and tags included; default 100,000. */
  readonly maxItems?: number;
  /** Tags that may occur; default none. What a tag means for its content is for the caller to check. */
  readonly tags?: readonly number[];
}

const DEFAULT_MAX_ITEMS = 100_000;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** Additional information (RFC 8949, 3): how many bytes of argument follow the first byte. */
const ARGUMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
  [27, 8],
]);

const SIMPLE_VALUES: readonly number[] = [20, 21, 22]; // false, true, null
const FLOATS: readonly number[] = [25, 26, 27];

/**
 * Passes when `bytes` are exactly one data item within the limits, in the deterministic encoding of RFC 8949, 4.2.1
 * as far as lengths and integers go (definite, and as short as can be; floats and the order of keys are free): numbers,
 * byte strings, texts in UTF-8, arrays, maps without a key twice, false, true, null, and the tags that are allowed. Keys are
 * integers or texts; integers stay within 2^53 - 1, beyond which JavaScript has another type for them.
 * Throws ERR_TOO_LARGE for a limit, ERR_CBOR_MALFORMED for the rest. `what` names the value in the error.
 */
export function scanCbor(bytes: Uint8Array, limits: CborLimits, what: string): void {
  if (bytes.length > limits.maxBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `${what} has ${bytes.length} bytes, the limit is ${limits.maxBytes}`);
  }
  const scan = new CborScan(bytes, limits, what);
  scan.item(0);
  if (scan.at < bytes.length) throw scan.malformed(`${bytes.length - scan.at} bytes follow it`);
}

class CborScan {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: CborLimits;
  readonly #what: string;
  readonly #maxItems: number;
  #items = 0;

  constructor(bytes: Uint8Array, limits: CborLimits, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#limits = limits;
    this.#what = what;
    this.#maxItems = limits.maxItems ?? DEFAULT_MAX_ITEMS;
  }

  /** Moves behind the data item that begins here, `depth` containers deep. */
  item(depth: number): void {
    const { major, info } = this.#initialByte();
    if (major === MAJOR.simple) this.#simple(info);
    else if (major === MAJOR.unsigned || major === MAJOR.negative) this.#argument(info);
    else if (major === MAJOR.bytes) this.#skip(this.#argument(info));
    else if (major === MAJOR.text) this.#text(this.#argument(info));
    else {
      if (depth >= this.#limits.maxDepth) {
        throw this.#tooLarge(`is nested deeper than the limit of ${this.#limits.maxDepth}`);
      }
      const argument = this.#argument(info);
      if (major === MAJOR.tag) this.#tag(argument, depth);
      else if (major === MAJOR.array) this.#array(argument, depth);
      else this.#map(argument, depth);
    }
  }

  malformed(why: string): WaypostError {
    return new WaypostError('ERR_CBOR_MALFORMED', `${this.#what} is not acceptable CBOR at byte ${this.at}: ${why}`);
  }

  #initialByte(): { readonly major: number; readonly info: number } {
    if (++this.#items > this.#maxItems) throw this.#tooLarge(`has more than ${this.#maxItems} data items`);
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw this.malformed('it ends here');
    this.at++;
    return { major: byte >> 5, info: byte & 31 };
  }

  #argument(info: number): number {
    if (info < 24) return info;
    const length = ARGUMENT_BYTES.get(info);
    if (length === undefined) throw this.malformed('a length is indefinite or reserved');
    const from = this.at;
    this.#skip(length);
    const value = this.#unsigned(from, length);
    if (value > Number.MAX_SAFE_INTEGER) throw this.malformed('an integer or a length is beyond 2^53 - 1');
    // What fits into the half of these bytes, or into the first byte.
    const shorter = length === 1 ? 24 : 2 ** (4 * length);
    if (value < shorter) throw this.malformed('an integer or a length is not written as short as can be');
    return value;
  }

  #unsigned(from: number, length: number): number {
    if (length === 1) return this.#view.getUint8(from);
    if (length === 2) return this.#view.getUint16(from);
    if (length === 4) return this.#view.getUint32(from);
    return this.#view.getUint32(from) * 2 ** 32 + this.#view.getUint32(from + 4);
  }

  #skip(length: number): void {
    const left = this.#bytes.length - this.at;
    if (length > left) throw this.malformed(`${length} bytes are announced and ${left} are left`);
    this.at += length;
  }

  #text(length: number): string {
    const from = this.at;
    this.#skip(length);
    try {
      return fromUtf8(this.#bytes.subarray(from, this.at));
    } catch {
      throw this.malformed('a text is not UTF-8');
    }
  }

  #simple(info: number): void {
    if (SIMPLE_VALUES.includes(info)) return;
    if (!FLOATS.includes(info)) throw this.malformed('a simple value is neither false, true, null nor a float');
    this.#skip(ARGUMENT_BYTES.get(info) ?? 0);
  }

  #tag(tag: number, depth: number): void {
    if (this.#limits.tags?.includes(tag) !== true) throw this.malformed(`the tag ${tag} is not allowed`);
    this.item(depth + 1);
  }

  #array(length: number, depth: number): void {
    this.#announce(length);
    for (let i = 0; i < length; i++) this.item(depth + 1);
  }

  #map(length: number, depth: number): void {
    this.#announce(2 * length);
    const keys = new Set<string | number>();
    for (let i = 0; i < length; i++) {
      const key = this.#key();
      if (keys.has(key)) throw this.malformed('a map has a key twice');
      keys.add(key);
      this.item(depth + 1);
    }
  }

  #key(): string | number {
    const { major, info } = this.#initialByte();
    if (major === MAJOR.unsigned) return this.#argument(info);
    if (major === MAJOR.negative) return -1 - this.#argument(info);
    if (major === MAJOR.text) return this.#text(this.#argument(info));
    throw this.malformed('a key is neither an integer nor a text');
  }

  /** A decoder may allocate for as many items at once. Each takes at least a byte. */
  #announce(items: number): void {
    const left = this.#bytes.length - this.at;
    if (items > left) throw this.malformed(`${items} data items are announced and ${left} bytes are left`);
    if (this.#items + items > this.#maxItems) throw this.#tooLarge(`has more than ${this.#maxItems} data items`);
  }

  #tooLarge(why: string): WaypostError {
    return new WaypostError('ERR_TOO_LARGE', `${this.#what} ${why}`);
  }
}
