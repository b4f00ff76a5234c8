import { WaypostError } from './errors.js';

/*
 * Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), in its one canonical spelling.
 * Decoders that ignore the unused bits of the last character give several spellings to one value, and with them
 * several messages that look different and open alike; so those bits must be zero here.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const INVALID = 0xff;

const letterOf = new Uint8Array(64);
const sextetOf = new Uint8Array(256).fill(INVALID);
for (let value = 0; value < 64; value++) {
  letterOf[value] = ALPHABET.charCodeAt(value);
  sextetOf[ALPHABET.charCodeAt(value)] = value;
}

/** Up to here reading character by character is faster than the call of a native encoder and its memory. */
const SHORT = 128;

const asciiDecoder = new TextDecoder('latin1');
const asciiEncoder = new TextEncoder();

export function toBase64url(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3);
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    out[at++] = letterOf[group >>> 18] as number;
    out[at++] = letterOf[(group >>> 12) & 63] as number;
    out[at++] = letterOf[(group >>> 6) & 63] as number;
    out[at++] = letterOf[group & 63] as number;
  }
  if (bytes.length - whole === 1) {
    const group = bytes[whole] as number;
    out[at++] = letterOf[group >>> 2] as number;
    out[at++] = letterOf[(group & 3) << 4] as number;
  } else if (bytes.length - whole === 2) {
    const group = ((bytes[whole] as number) << 8) | (bytes[whole + 1] as number);
    out[at++] = letterOf[group >>> 10] as number;
    out[at++] = letterOf[(group >>> 4) & 63] as number;
    out[at++] = letterOf[(group & 15) << 2] as number;
  }
  return asciiDecoder.decode(out);
}

/**
 * Decodes unpadded base64url. Throws ERR_BASE64URL on any other character, on padding, on an impossible length and
 * on non-zero unused bits. `what` names the value in the error.
 */
export function fromBase64url(text: string, what = 'a value'): Uint8Array {
  const tail = text.length & 3;
  if (tail === 1) throw malformed(what, `a length of ${text.length} characters is impossible`);
  const whole = text.length - tail;
  const bytes = text.length <= SHORT ? decodeShort(text, whole) : decodeLong(text, whole);
  if (bytes === undefined) throw malformed(what, 'it holds a character outside the alphabet');
  if (tail === 0) return bytes;

  const a = sextetAt(text, whole);
  const b = sextetAt(text, whole + 1);
  const c = tail === 3 ? sextetAt(text, whole + 2) : 0;
  if ((a | b | c) >= 64) throw malformed(what, 'it holds a character outside the alphabet');
  if ((tail === 2 ? b & 15 : c & 3) !== 0) {
    throw malformed(what, 'the unused bits of its last character are not zero');
  }
  const at = (whole / 4) * 3;
  bytes[at] = (a << 2) | (b >>> 4);
  if (tail === 3) bytes[at + 1] = (b << 4) | (c >>> 2);
  return bytes;
}

/** The bytes of the first `whole` characters, a multiple of four, with room for those of the tail; undefined when one is outside the alphabet. */
function decodeShort(text: string, whole: number): Uint8Array | undefined {
  const bytes = new Uint8Array(decodedLength(text));
  let at = 0;
  let seen = 0; // becomes >= 64 as soon as one character is outside the alphabet
  for (let i = 0; i < whole; i += 4) {
    const a = sextetAt(text, i);
    const b = sextetAt(text, i + 1);
    const c = sextetAt(text, i + 2);
    const d = sextetAt(text, i + 3);
    seen |= a | b | c | d;
    bytes[at++] = (a << 2) | (b >>> 4);
    bytes[at++] = (b << 4) | (c >>> 2);
    bytes[at++] = (c << 6) | d;
  }
  return seen >= 64 ? undefined : bytes;
}

/** The same for long texts. The bytes are written over the characters that they were read from: memory costs time too. */
function decodeLong(text: string, whole: number): Uint8Array | undefined {
  const codes = asciiEncoder.encode(text);
  if (codes.length !== text.length) return undefined; // a character took more than one byte of UTF-8
  let at = 0;
  let seen = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = sextetOf[codes[i] as number] as number;
    const b = sextetOf[codes[i + 1] as number] as number;
    const c = sextetOf[codes[i + 2] as number] as number;
    const d = sextetOf[codes[i + 3] as number] as number;
    seen |= a | b | c | d;
    codes[at++] = (a << 2) | (b >>> 4);
    codes[at++] = (b << 4) | (c >>> 2);
    codes[at++] = (c << 6) | d;
  }
  return seen >= 64 ? undefined : codes.subarray(0, decodedLength(text));
}

function decodedLength(text: string): number {
  return Math.floor((text.length * 3) / 4);
}

/** 64 or more where the character is outside the alphabet. */
function sextetAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (sextetOf[code] as number) : INVALID;
}

function malformed(what: string, why: string): WaypostError {
  return new WaypostError('ERR_BASE64URL', `${what} is not unpadded base64url: ${why}`);
}
