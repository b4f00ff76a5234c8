import { base58 } from '@scure/base';
import { concatBytes } from '../core/bytes.js';
import { WaypostError } from '../core/errors.js';
import type { Curve, PublicJwk } from './jwk.js';
import { FIELD_BYTES, type Primitives } from './primitives.js';

/*
 * Public keys as text: multibase `z` (base58btc) of a multicodec varint and the key bytes. This is the suffix of a
 * did:key (did:key Method 1.0, 3.1), the key of a did:peer:2 element and the `publicKeyMultibase` of a `Multikey`
 * (Controlled Identifiers 1.0, 2.2.2).
 */

/** The multicodec table's number of each public key type. */
const CODE_OF: { readonly [curve in Curve]: number } = {
  Ed25519: 0xed,
  X25519: 0xec,
  secp256k1: 0xe7,
  'P-256': 0x1200,
  'P-384': 0x1201,
  'P-521': 0x1202,
};

const CURVE_OF: ReadonlyMap<number, Curve> = new Map(
  Object.entries(CODE_OF).map(([curve, code]) => [code, curve as Curve]),
);

/** A compressed P-521 point, the longest key, takes 96 characters. */
const MAX_MULTIKEY_CHARS = 96;
/** Every assigned multicodec fits in four varint bytes (28 bits). */
const MAX_VARINT_BYTES = 4;

/** A public key as multibase text. Throws ERR_KEY_INVALID when `jwk` is not a key of its curve. */
export function encodeMultikey(primitives: Primitives, jwk: PublicJwk): string {
  return encodeMultibase58(concatBytes(encodeVarint(CODE_OF[jwk.crv]), primitives.publicKeyToBytes(jwk)));
}

/**
 * Reads a public key from multibase text; EC points must be compressed. Throws ERR_MULTIBASE when the text is broken,
 * ERR_KEY_UNSUPPORTED when it is longer than any key or of another type than those of {@link Curve}, ERR_KEY_INVALID
 * when the bytes are no key of their curve. `what` names the value in the error; its text is never quoted, because
 * private keys are written in the same alphabet.
 */
export function decodeMultikey(primitives: Primitives, text: string, what = 'a multikey'): PublicJwk {
  if (text.length > MAX_MULTIKEY_CHARS) {
    throw new WaypostError(
      'ERR_KEY_UNSUPPORTED',
      `${what} has ${text.length} characters, the longest supported key has ${MAX_MULTIKEY_CHARS}`,
    );
  }
  const bytes = decodeMultibase58(text, MAX_MULTIKEY_CHARS, what);
  const { value: code, length } = decodeVarint(bytes, what);
  const curve = CURVE_OF.get(code);
  if (curve === undefined) {
    throw new WaypostError('ERR_KEY_UNSUPPORTED', `${what} has multicodec 0x${code.toString(16)}, no supported key`);
  }
  const key = bytes.subarray(length);
  const wanted = curve === 'X25519' || curve === 'Ed25519' ? FIELD_BYTES[curve] : 1 + FIELD_BYTES[curve];
  if (key.length !== wanted) {
    throw new WaypostError('ERR_KEY_INVALID', `${what} has ${key.length} key bytes, ${curve} needs ${wanted}`);
  }
  return primitives.publicKeyFromBytes(curve, key);
}

/** Bytes as multibase text: `z` and base58btc. */
export function encodeMultibase58(bytes: Uint8Array): string {
  return `z${base58.encode(bytes)}`;
}

/**
 * Decodes multibase text that must be base58btc. The work grows with the square of the length, so `maxChars` (which
 * includes the `z`) is checked first. Throws ERR_TOO_LARGE, ERR_MULTIBASE. `what` names the value in the error.
 */
export function decodeMultibase58(text: string, maxChars: number, what = 'a multibase value'): Uint8Array {
  if (text.length > maxChars) {
    throw new WaypostError('ERR_TOO_LARGE', `${what} has ${text.length} characters, the limit is ${maxChars}`);
  }
  if (text[0] !== 'z') throw malformed(what, 'it does not begin with the "z" of base58btc');
  try {
    return base58.decode(text.slice(1));
  } catch {
    // The decoder's message quotes the text, which may be a private key: it is not passed on.
    throw malformed(what, 'it holds a character outside the base58btc alphabet');
  }
}

/** An unsigned varint (github.com/multiformats/unsigned-varint): seven bits a byte, least significant first. */
function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return new Uint8Array(bytes);
}

function decodeVarint(bytes: Uint8Array, what: string): { value: number; length: number } {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[i];
    if (byte === undefined) throw malformed(what, 'it ends within its multicodec');
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      // A padded spelling would give one key several texts, and one DID several names.
      if (byte === 0 && i > 0) throw malformed(what, 'its multicodec is not in the shortest spelling');
      return { value, length: i + 1 };
    }
  }
  throw malformed(what, `its multicodec has more than ${MAX_VARINT_BYTES} bytes`);
}

function malformed(what: string, why: string): WaypostError {
  return new WaypostError('ERR_MULTIBASE', `${what} is not a multibase value: ${why}`);
}
