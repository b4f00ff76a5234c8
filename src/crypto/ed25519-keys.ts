import { ed25519 } from '@noble/curves/ed25519.js';
import { toBase64url } from '../core/base64url.js';
import { WaypostError } from '../core/errors.js';
import { lowOrder, memberBytes, offCurve } from './checks.js';
import type { PrivateJwk, PublicJwk } from './jwk.js';

/*
 * The arithmetic on Ed25519 keys that OpenSSL has no function for, shared by all implementations of the primitives.
 */

/**
 * Decodes an Ed25519 public key as RFC 8032, 5.1.3 demands, and refuses the eight points of low order: a signature
 * by one of them fits many messages. Throws ERR_KEY_INVALID.
 */
export function requireEd25519Point(bytes: Uint8Array): void {
  let isLowOrder: boolean;
  try {
    isLowOrder = ed25519.Point.fromBytes(bytes).isSmallOrder();
  } catch {
    throw offCurve('Ed25519');
  }
  if (isLowOrder) throw lowOrder('Ed25519');
}

/**
 * See `Primitives.ed25519ToX25519`. A point of low order gives an X25519 key of low order, which no agreement takes.
 * Throws ERR_KEY_INVALID.
 */
export function ed25519ToX25519(jwk: PublicJwk): PublicJwk {
  if (jwk.crv !== 'Ed25519') {
    throw new WaypostError('ERR_KEY_INVALID', `a key of ${jwk.crv} has no X25519 form, only one of Ed25519 has`);
  }
  const bytes = memberBytes('Ed25519', 'x', jwk.x);
  try {
    return { kty: 'OKP', crv: 'X25519', x: toBase64url(ed25519.utils.toMontgomery(bytes)) };
  } catch {
    throw offCurve('Ed25519');
  }
}

/**
 * See `Primitives.ed25519ToX25519Private`. The caller has checked that both parts of `jwk` belong together.
 * Throws ERR_KEY_INVALID.
 */
export function ed25519ToX25519Private(jwk: PrivateJwk): PrivateJwk {
  const seed = memberBytes('Ed25519', 'd', jwk.d);
  return { ...ed25519ToX25519(jwk), d: toBase64url(ed25519.utils.toMontgomerySecret(seed)) };
}
