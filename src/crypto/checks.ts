import { fromBase64url, toBase64url } from '../core/base64url.js';
import { WaypostError } from '../core/errors.js';
import type { AgreementCurve, Curve, PrivateJwk, PublicJwk } from './jwk.js';
import {
  CONTENT_ENCRYPTION,
  type ContentEncryption,
  FIELD_BYTES,
  isAgreement,
  type PrivateKey,
  type PublicKey,
  SIGNATURE_ALGORITHM_OF,
  type SignatureAlgorithm,
} from './primitives.js';

/*
 * What every implementation of the primitives checks before it works, kept here so that all of them refuse the same
 * inputs with the same codes. No message quotes the value: it may be a private key.
 */

/** What DIDComm wraps: the keys of its content encryptions. */
const WRAPPABLE_KEY_BYTES = [32, 64];
/** What RFC 3394 adds. */
const WRAP_OVERHEAD_BYTES = 8;
const KEK_BYTES = 32;
/** A block of SHA-256 (FIPS 180-4, 1): longer keys would have to be hashed first, and nobody here has one. */
const MAX_HMAC_KEY_BYTES = 64;
/** `crypto.getRandomValues` gives no more at once. */
const MAX_RANDOM_BYTES = 65_536;

/** Decodes a member of a JWK, which must be canonical base64url of exactly the curve's size. Throws ERR_KEY_INVALID. */
export function memberBytes(curve: Curve, member: 'x' | 'y' | 'd', text: string): Uint8Array {
  const chars = Math.ceil((FIELD_BYTES[curve] * 4) / 3);
  const what = `"${member}" of a key of ${curve}`;
  if (text.length !== chars) {
    throw new WaypostError('ERR_KEY_INVALID', `${what} has ${text.length} characters, ${chars} are needed`);
  }
  try {
    return fromBase64url(text, what);
  } catch (cause) {
    throw new WaypostError('ERR_KEY_INVALID', `${what} is not canonical base64url`, { cause });
  }
}

/** The bytes of a public key: its 32 bytes (X25519, Ed25519) or its uncompressed point 04 || x || y (SEC 1, 2.3.3). */
export function uncompressedBytes(jwk: PublicJwk): Uint8Array {
  const x = memberBytes(jwk.crv, 'x', jwk.x);
  if (jwk.kty === 'OKP') return x;
  const point = new Uint8Array(1 + 2 * x.length);
  point[0] = 4;
  point.set(x, 1);
  point.set(memberBytes(jwk.crv, 'y', jwk.y), 1 + x.length);
  return point;
}

/** The reverse of {@link uncompressedBytes}, for bytes that are known to be well formed. */
export function jwkOfUncompressed(curve: Curve, bytes: Uint8Array): PublicJwk {
  if (curve === 'X25519' || curve === 'Ed25519') return { kty: 'OKP', crv: curve, x: toBase64url(bytes) };
  const size = FIELD_BYTES[curve];
  return {
    kty: 'EC',
    crv: curve,
    x: toBase64url(bytes.subarray(1, 1 + size)),
    y: toBase64url(bytes.subarray(1 + size)),
  };
}

/** A copy with the public members only: a private key is assignable to `PublicJwk`, its `d` must not travel along. */
export function publicMembers(jwk: PublicJwk): PublicJwk {
  return jwk.kty === 'OKP'
    ? { kty: jwk.kty, crv: jwk.crv, x: jwk.x }
    : { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y };
}

/**
 * Checks that bytes have the form of a public key: 32 bytes for X25519 and Ed25519, a compressed or uncompressed
 * point for the others. SEC 1 also has the point at infinity and the hybrid form; no key is written so. Throws
 * ERR_KEY_INVALID.
 */
export function requirePublicKeyForm(curve: Curve, bytes: Uint8Array): void {
  const size = FIELD_BYTES[curve];
  const prefix = bytes[0];
  const isRaw = curve === 'X25519' || curve === 'Ed25519';
  const isWellFormed = isRaw
    ? bytes.length === size
    : (bytes.length === 1 + size && (prefix === 2 || prefix === 3)) || (bytes.length === 1 + 2 * size && prefix === 4);
  if (!isWellFormed) {
    throw new WaypostError('ERR_KEY_INVALID', `${bytes.length} bytes do not have the form of a public key of ${curve}`);
  }
}

/** Throws ERR_KEY_INVALID for a key that does not sign with `algorithm`. */
export function requireSignatureKey(algorithm: SignatureAlgorithm, key: PublicKey | PrivateKey): void {
  if (SIGNATURE_ALGORITHM_OF[key.curve] !== algorithm) {
    throw new WaypostError('ERR_KEY_INVALID', `a key of ${key.curve} does not sign with ${algorithm}`);
  }
}

/** Returns the one curve of both keys. Throws ERR_KEY_INVALID when they have none in common to agree on. */
export function requireAgreementKeys(privateKey: PrivateKey, publicKey: PublicKey): AgreementCurve {
  const { curve } = privateKey;
  if (isAgreement(curve) && curve === publicKey.curve) return curve;
  throw new WaypostError('ERR_KEY_INVALID', `no agreement between keys of ${curve} and ${publicKey.curve} is possible`);
}

/** Throws ERR_KEY_INVALID for keys of two curves. */
export function requireSameCurve(privateKey: PrivateKey, peer: PublicJwk): void {
  if (privateKey.curve === peer.crv) return;
  throw new WaypostError('ERR_KEY_INVALID', `a ${peer.crv} key cannot agree with a ${privateKey.curve} key`);
}

/** Throws ERR_INVALID_ARGUMENT for what is no count of bytes, or too many for one call of a browser. */
export function requireRandomLength(length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > MAX_RANDOM_BYTES) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${length} is no count of random bytes up to ${MAX_RANDOM_BYTES}`);
  }
}

/** Throws ERR_INVALID_ARGUMENT. */
export function requireWrapSizes(kek: Uint8Array, key: Uint8Array): void {
  requireLength('a key encryption key', kek, KEK_BYTES);
  if (!WRAPPABLE_KEY_BYTES.includes(key.length)) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `a key of ${key.length} bytes cannot be wrapped, 32 or 64 can`);
  }
}

/** Throws ERR_INVALID_ARGUMENT; ERR_CRYPTO_FAILED for the wrapped key, which comes from a message. */
export function requireUnwrapSizes(kek: Uint8Array, wrapped: Uint8Array): void {
  requireLength('a key encryption key', kek, KEK_BYTES);
  if (!WRAPPABLE_KEY_BYTES.includes(wrapped.length - WRAP_OVERHEAD_BYTES)) throw authenticationFailed();
}

/** Throws ERR_INVALID_ARGUMENT. */
export function requireEncryptSizes(enc: ContentEncryption, key: Uint8Array, iv: Uint8Array): void {
  requireLength(`a key for ${enc}`, key, CONTENT_ENCRYPTION[enc].keyBytes);
  requireLength(`an initialisation vector for ${enc}`, iv, CONTENT_ENCRYPTION[enc].ivBytes);
}

/** Throws ERR_INVALID_ARGUMENT; ERR_CRYPTO_FAILED for the initialisation vector and the tag, which come from a message. */
export function requireDecryptSizes(enc: ContentEncryption, key: Uint8Array, iv: Uint8Array, tag: Uint8Array): void {
  const { keyBytes, ivBytes, tagBytes } = CONTENT_ENCRYPTION[enc];
  requireLength(`a key for ${enc}`, key, keyBytes);
  if (iv.length !== ivBytes || tag.length !== tagBytes) throw authenticationFailed();
}

/** One error for every way in which sealed bytes can be bad, so that nobody learns which one it was. */
export function authenticationFailed(): WaypostError {
  return new WaypostError('ERR_CRYPTO_FAILED', 'the authentication of sealed bytes failed');
}

export function offCurve(curve: Curve): WaypostError {
  return new WaypostError('ERR_KEY_INVALID', `a public key is not a point of its curve ${curve}`);
}

export function lowOrder(curve: Curve): WaypostError {
  return new WaypostError('ERR_KEY_INVALID', `a public key of ${curve} is a point of low order`);
}

/** For a scalar out of range and for one that belongs to another public key: which of them is nobody's business. */
export function badPrivateKey(jwk: PrivateJwk): WaypostError {
  return new WaypostError(
    'ERR_KEY_INVALID',
    `the private part of a key of ${jwk.crv} does not belong to its public part`,
  );
}

export function foreignKey(name: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', `a key was not imported by the ${name} primitives it is used with`);
}

function requireLength(what: string, bytes: Uint8Array, wanted: number): void {
  if (bytes.length !== wanted) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${what} has ${bytes.length} bytes, ${wanted} are needed`);
  }
}

/** Throws ERR_KEY_INVALID for a key that is empty, or longer than a block. */
export function requireHmacKey(key: Uint8Array): void {
  if (key.length > 0 && key.length <= MAX_HMAC_KEY_BYTES) return;
  throw new WaypostError('ERR_KEY_INVALID', `a key for HMAC has ${key.length} bytes, not 1 to ${MAX_HMAC_KEY_BYTES}`);
}
