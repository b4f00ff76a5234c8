import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { toBase64url } from '../../core/base64url.js';
import { equalBytes } from '../../core/bytes.js';
import {
  badPrivateKey,
  foreignKey,
  jwkOfUncompressed,
  lowOrder,
  memberBytes,
  offCurve,
  publicMembers,
  requireAgreementKeys,
  requirePublicKeyForm,
  uncompressedBytes,
} from '../checks.js';
import { requireEd25519Point } from '../ed25519-keys.js';
import type { AgreementCurve, Curve, PrivateJwk, PublicJwk } from '../jwk.js';
import type { PrivateKey, PublicKey } from '../primitives.js';

/** A handle that only this implementation makes; the bytes are a raw key, an uncompressed point or a scalar. */
class NobleHandle {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

const WEIERSTRASS: { readonly [curve in Exclude<Curve, 'X25519' | 'Ed25519'>]: ECDSA } = {
  'P-256': p256,
  'P-384': p384,
  'P-521': p521,
  secp256k1,
};

export function generateKey(curve: Curve): PrivateJwk {
  const secretKey = secretKeyOf(curve);
  return { ...jwkOfUncompressed(curve, derivePublicKey(curve, secretKey)), d: toBase64url(secretKey) };
}

export function generateEphemeral(curve: AgreementCurve): PrivateKey {
  const secretKey = secretKeyOf(curve);
  const publicJwk = jwkOfUncompressed(curve, derivePublicKey(curve, secretKey));
  return { curve, publicJwk, handle: new NobleHandle(secretKey) };
}

function secretKeyOf(curve: Curve): Uint8Array {
  if (curve === 'X25519') return x25519.utils.randomSecretKey();
  if (curve === 'Ed25519') return ed25519.utils.randomSecretKey();
  return WEIERSTRASS[curve].utils.randomSecretKey();
}

function derivePublicKey(curve: Curve, secretKey: Uint8Array): Uint8Array {
  if (curve === 'X25519') return x25519.getPublicKey(secretKey);
  if (curve === 'Ed25519') return ed25519.getPublicKey(secretKey);
  return WEIERSTRASS[curve].getPublicKey(secretKey, false);
}

export function importPublicKey(jwk: PublicJwk): PublicKey {
  const bytes = uncompressedBytes(jwk);
  if (jwk.kty === 'EC') decodePoint(jwk.crv, bytes);
  else if (jwk.crv === 'Ed25519') requireEd25519Point(bytes);
  return { curve: jwk.crv, handle: new NobleHandle(bytes) };
}

export function importPrivateKey(jwk: PrivateJwk): PrivateKey {
  const publicJwk = publicMembers(jwk);
  const claimed = uncompressedBytes(publicJwk);
  const secretKey = memberBytes(jwk.crv, 'd', jwk.d);
  let derived: Uint8Array;
  try {
    derived = derivePublicKey(jwk.crv, secretKey);
  } catch {
    throw badPrivateKey(jwk); // the scalar is not between 0 and the group order
  }
  if (!equalBytes(derived, claimed)) throw badPrivateKey(jwk);
  return { curve: jwk.crv, publicJwk, handle: new NobleHandle(secretKey) };
}

export function publicKeyFromBytes(curve: Curve, bytes: Uint8Array): PublicJwk {
  requirePublicKeyForm(curve, bytes);
  if (curve === 'X25519' || curve === 'Ed25519') return jwkOfUncompressed(curve, bytes);
  return jwkOfUncompressed(curve, decodePoint(curve, bytes).toBytes(false));
}

export function publicKeyToBytes(jwk: PublicJwk): Uint8Array {
  const bytes = uncompressedBytes(jwk);
  return jwk.kty === 'OKP' ? bytes : decodePoint(jwk.crv, bytes).toBytes(true);
}

function decodePoint(curve: keyof typeof WEIERSTRASS, bytes: Uint8Array): InstanceType<ECDSA['Point']> {
  try {
    return WEIERSTRASS[curve].Point.fromBytes(bytes);
  } catch {
    throw offCurve(curve);
  }
}

export function agree(privateKey: PrivateKey, publicKey: PublicKey): Uint8Array {
  const curve = requireAgreementKeys(privateKey, publicKey);
  const secretKey = keyBytes(privateKey);
  const peer = keyBytes(publicKey);
  // The shared secret is the x coordinate alone (SEC 1, 3.3.1), which a compressed point has behind its prefix.
  if (curve !== 'X25519') return WEIERSTRASS[curve].getSharedSecret(secretKey, peer, true).subarray(1);
  try {
    return x25519.getSharedSecret(secretKey, peer);
  } catch {
    throw lowOrder(curve); // the one thing that can still be wrong: the result is zero
  }
}

/** The bytes behind a key: a raw public key, an uncompressed point, or a private scalar or seed. */
export function keyBytes(key: PublicKey | PrivateKey): Uint8Array {
  if (key.handle instanceof NobleHandle) return key.handle.bytes;
  throw foreignKey('noble');
}
