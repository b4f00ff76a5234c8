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

/** Up to here a loop is faster than the call of a native encoder. */
const SHORT = 64;

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
  const codes = text.length <= SHORT ? codesOf(text) : asciiEncoder.encode(text);
  if (codes.length !== text.length) throw malformed(what, 'it holds a character outside the alphabet');

  // The bytes are written over the characters that they were read from: memory for a second array costs as much as
  // the decoding of a short value.
  const whole = codes.length - tail;
  let at = 0;
  let seen = 0; // becomes >= 64 as soon as one character is outside the alphabet
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
  if (tail > 0) {
    const a = sextetOf[codes[whole] as number] as number;
    const b = sextetOf[codes[whole + 1] as number] as number;
    const c = tail === 3 ? (sextetOf[codes[whole + 2] as number] as number) : 0;
    seen |= a | b | c;
    codes[at++] = (a << 2) | (b >>> 4);
    if (tail === 3) codes[at++] = (b << 4) | (c >>> 2);
    const unused = tail === 2 ? b & 15 : c & 3;
    if (seen < 64 && unused !== 0) throw malformed(what, 'the unused bits of its last character are not zero');
  }
  if (seen >= 64) throw malformed(what, 'it holds a character outside the alphabet');
  return codes.subarray(0, at);
}

/** UTF-16 units above one byte count as a character outside the alphabet. */
function codesOf(text: string): Uint8Array {
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = Math.min(text.charCodeAt(i), 0xff);
  return codes;
}

function malformed(what: string, why: string): WaypostError {
  return new WaypostError('ERR_BASE64URL', `${what} is not unpadded base64url: ${why}`);
}
