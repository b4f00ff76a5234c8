import { sha256 } from '@noble/hashes/sha2.js';
import { decodeBase45, encodeBase45 } from './base45.js';
import { MAX_SOURCE_SYMBOLS } from './fountain.js';

/*
 * The frames of docs/transports/qr.md, one a QR code. Every frame carries all that a receiver needs to know, so that
 * there is no first one to be missed. A QR code has its own error correction and check, so a frame has none; the whole
 * message is checked by its id.
 *
 *   byte 0 to 2    4 bits form, 20 bits length of the message in that form, in bytes, minus 1
 *   byte 3 to 10   id of the message: the first 8 bytes of the SHA-256 of that form
 *   byte 11, 12    index of the symbol
 *   byte 13 on     the symbol
 */

/** How the message travels: as it is, or as the compact envelope of docs/transports/compact-envelope.md. */
export type MessageForm = 'raw' | 'compact';

/** 0 and 3 to 15 are for later versions; a frame with one of them is none of ours. */
const FORM_BITS: Readonly<Record<MessageForm, number>> = { raw: 1, compact: 2 };

export const FRAME_HEADER_BYTES = 13;
const MESSAGE_ID_BYTES = 8;
export const MAX_FRAMED_MESSAGE_BYTES = 2 ** 20;
/** What the largest QR code (version 40-L) can hold in alphanumeric mode. */
const MAX_TEXT_CHARACTERS = 4296;

export interface QrFrame {
  readonly form: MessageForm;
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** 1 to {@link MAX_FRAMED_MESSAGE_BYTES}. */
  readonly messageBytes: number;
  /** 0 to 65535: below the number of source symbols a piece of the message, from there on a combination of them. */
  readonly index: number;
  /** 1 to `messageBytes` bytes; equally long in all frames of a message. */
  readonly symbol: Uint8Array;
}

/** What a message, in the form in which it travels, is called in its frames. */
export function messageIdOf(message: Uint8Array): Uint8Array {
  return sha256(message).slice(0, MESSAGE_ID_BYTES);
}

/** The text of a QR code. */
export function encodeFrame({ form, id, messageBytes, index, symbol }: QrFrame): string {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + symbol.length);
  const length = messageBytes - 1;
  bytes.set([(FORM_BITS[form] << 4) | (length >> 16), (length >> 8) & 0xff, length & 0xff]);
  bytes.set(id, 3);
  bytes.set([index >> 8, index & 0xff], 11);
  bytes.set(symbol, FRAME_HEADER_BYTES);
  return encodeBase45(bytes);
}

/** The frame, or undefined for text that is none: other QR codes in view are no error. */
export function decodeFrame(text: string): QrFrame | undefined {
  if (text.length > MAX_TEXT_CHARACTERS) return undefined;
  const bytes = decodeBase45(text);
  if (bytes === undefined || bytes.length <= FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer);
  const form = formOf(view.getUint8(0) >> 4);
  const messageBytes = ((view.getUint32(0) >>> 8) & 0xf_ffff) + 1;
  const symbol = bytes.subarray(FRAME_HEADER_BYTES);
  if (form === undefined || symbol.length > messageBytes || messageBytes > symbol.length * MAX_SOURCE_SYMBOLS)
    return undefined;
  return { form, id: bytes.subarray(3, 11), messageBytes, index: view.getUint16(11), symbol };
}

function formOf(bits: number): MessageForm | undefined {
  if (bits === FORM_BITS.raw) return 'raw';
  return bits === FORM_BITS.compact ? 'compact' : undefined;
}
