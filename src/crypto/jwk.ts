import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';

/** Curves for key agreement (DIDComm v2.1, "Curves and Content Encryption Algorithms"). */
export const AGREEMENT_CURVES = ['X25519', 'P-256', 'P-384', 'P-521'] as const;
/** One of {@link AGREEMENT_CURVES}. */
export type AgreementCurve = (typeof AGREEMENT_CURVES)[number];

/** Curves for signatures (DIDComm v2.1, "Message Signing"), and P-384 and P-521, which DID documents may list. */
export type SignatureCurve = 'Ed25519' | 'P-256' | 'secp256k1' | 'P-384' | 'P-521';
/** Any curve that a key may be on. */
export type Curve = AgreementCurve | SignatureCurve;

/**
 * A public key as a JSON Web Key, with these members only: `kty`, `crv`, and the coordinates `x` and `y` in base64url
 * (RFC 7518, 6.2; RFC 8037, 2 for OKP, which has `x` alone; RFC 8812, 3.1 for secp256k1).
 */
export type PublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'X25519' | 'Ed25519'; readonly x: string }
  | {
      readonly kty: 'EC';
      readonly crv: 'P-256' | 'P-384' | 'P-521' | 'secp256k1';
      readonly x: string;
      readonly y: string;
    };

/** A private key as a JSON Web Key: the public one plus `d`. */
export type PrivateJwk = PublicJwk & { readonly d: string };

const OKP_CURVES = new Set(['X25519', 'Ed25519']);
const EC_CURVES = new Set(['P-256', 'P-384', 'P-521', 'secp256k1']);

/**
 * Reads a public JWK from outside and keeps only the members that make the key. Whether the point is on its curve is
 * checked by `Primitives.importPublicKey`. Throws ERR_KEY_INVALID, ERR_KEY_UNSUPPORTED.
 */
export function toPublicJwk(value: unknown, what = 'a key'): PublicJwk {
  if (!isJsonObject(value)) throw new WaypostError('ERR_KEY_INVALID', `${what} is not a JWK object`);
  const { kty, crv, x, y } = value;
  if (kty === 'OKP' && typeof crv === 'string' && OKP_CURVES.has(crv)) {
    if (typeof x !== 'string') throw missing(what, 'x');
    return { kty, crv, x } as PublicJwk;
  }
  if (kty === 'EC' && typeof crv === 'string' && EC_CURVES.has(crv)) {
    if (typeof x !== 'string') throw missing(what, 'x');
    if (typeof y !== 'string') throw missing(what, 'y');
    return { kty, crv, x, y } as PublicJwk;
  }
  throw new WaypostError(
    'ERR_KEY_UNSUPPORTED',
    `${what} has kty ${quote(kty)} and crv ${quote(crv)}, which is not supported`,
  );
}

/** Reads a private JWK from outside. Throws ERR_KEY_INVALID, ERR_KEY_UNSUPPORTED; no member is ever quoted. */
export function toPrivateJwk(value: unknown, what = 'a private key'): PrivateJwk {
  const publicJwk = toPublicJwk(value, what);
  const d = (value as JsonObject).d;
  if (typeof d !== 'string') throw missing(what, 'd');
  return { ...publicJwk, d };
}

function missing(what: string, member: string): WaypostError {
  return new WaypostError('ERR_KEY_INVALID', `${what} is a JWK without a text "${member}"`);
}
