import { concatBytes, equalBytes, utf8 } from '../../src/core/bytes.js';

/*
 * Messages of the DIF profile (docs/transports/ble.md, "DIF"): the text in pieces, then a value of its own that says
 * `EOM`. Nothing tells a lost or repeated piece; acknowledged values in order are what the profile rests on.
 */

const END_OF_MESSAGE = utf8('EOM');
/** The libraries of phones leave 12 bytes of the MTU free, where 3 would do. */
const UNUSED_VALUE_BYTES = 9;

/** Cuts a message into values. */
export function encodeDif(message: Uint8Array, maxValueBytes: number): Uint8Array[] {
  const pieceBytes = maxValueBytes - UNUSED_VALUE_BYTES;
  const values: Uint8Array[] = [];
  for (let start = 0; start < message.length; start += pieceBytes) {
    const piece = message.subarray(start, start + pieceBytes);
    // A piece that happens to be the mark would end the message: it is sent as two.
    if (isEnd(piece)) values.push(piece.subarray(0, 1), piece.subarray(1));
    else values.push(piece);
  }
  return [...values, END_OF_MESSAGE];
}

/** Puts messages together again, one connection long: what a connection leaves unfinished goes with it. */
export class DifDecoder {
  readonly #maxMessageBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The message that `value` ends; `too-large` as soon as one is. Empty messages are none. */
  decode(value: Uint8Array): Uint8Array | 'too-large' | undefined {
    if (isEnd(value)) {
      const message = concatBytes(...this.#pieces);
      this.#pieces = [];
      this.#bytes = 0;
      return message.length === 0 ? undefined : message;
    }
    if (value.length === 0) return undefined;
    this.#bytes += value.length;
    if (this.#bytes > this.#maxMessageBytes) return 'too-large';
    this.#pieces.push(value);
    return undefined;
  }
}

function isEnd(value: Uint8Array): boolean {
  return equalBytes(value, END_OF_MESSAGE);
}
