import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  randomFillSync,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto';
import { concatBytes, plainBytes, toHex } from '../core/bytes.js';
import {
  authenticationFailed,
  requireHmacKey,
  requireRandomLength,
  requireSignatureKey,
  requireUnwrapSizes,
  requireWrapSizes,
} from './checks.js';
import { ed25519ToX25519, ed25519ToX25519Private } from './ed25519-keys.js';
import { decrypt, encrypt } from './node/content-encryption.js';
import { hmacSha256 } from './node/hmac.js';
import {
  agree,
  generateEphemeral,
  generateKey,
  handleOf,
  importPrivateKey,
  importPublicKey,
  publicKeyFromBytes,
  publicKeyToBytes,
} from './node/keys.js';

export { AgreementThread } from './node/agreement-thread.js';

import type { Primitives, PrivateKey, PublicKey, SignatureAlgorithm } from './primitives.js';

/**
 * The primitives on OpenSSL through node:crypto: the fast implementation. What OpenSSL lacks (HChaCha20, Ed25519
 * point checks and conversion) comes from @noble.
 */
export function createNodePrimitives(): Primitives {
  return {
    name: 'node',
    randomBytes(length) {
      requireRandomLength(length);
      return randomFillSync(new Uint8Array(length));
    },
    sha256: (data) => plainBytes(hash('sha256', data, 'buffer')),
    hmacSha256(key, data) {
      requireHmacKey(key);
      return hmacSha256(key, data);
    },
    generateKey,
    generateEphemeral,
    importPublicKey,
    importPrivateKey,
    publicKeyFromBytes,
    publicKeyToBytes,
    ed25519ToX25519,
    ed25519ToX25519Private(jwk) {
      importPrivateKey(jwk);
      return ed25519ToX25519Private(jwk);
    },
    agree,
    sign,
    verify,
    wrapKey,
    unwrapKey,
    encrypt,
    decrypt,
  };
}

/** JOSE wants r || s, where OpenSSL would give DER. */
const ECDSA_ENCODING = 'ieee-p1363';
const SIGNATURE_BYTES = 64;

function sign(algorithm: SignatureAlgorithm, privateKey: PrivateKey, data: Uint8Array): Uint8Array {
  requireSignatureKey(algorithm, privateKey);
  const key = handleOf(privateKey);
  if (algorithm === 'EdDSA') return plainBytes(signWith(null, data, key));
  const signature = plainBytes(signWith('sha256', data, { key, dsaEncoding: ECDSA_ENCODING }));
  return algorithm === 'ES256K' ? withLowS(signature) : signature;
}

/** The order of the group of secp256k1 (SEC 2, 2.4.1). */
const SECP256K1_ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
const SCALAR_BYTES = 32;

/**
 * Of the two valid values of `s`, RFC 8812 allows both, but many verifiers of secp256k1 signatures (those that come
 * from Bitcoin) take only the smaller one.
 */
function withLowS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${toHex(signature.subarray(SCALAR_BYTES))}`);
  if (s <= SECP256K1_ORDER / 2n) return signature;
  const low = (SECP256K1_ORDER - s).toString(16).padStart(2 * SCALAR_BYTES, '0');
  return concatBytes(signature.subarray(0, SCALAR_BYTES), Buffer.from(low, 'hex'));
}

function verify(algorithm: SignatureAlgorithm, publicKey: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  requireSignatureKey(algorithm, publicKey);
  const key = handleOf(publicKey);
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (algorithm === 'EdDSA') return verifyWith(null, data, key, signature);
  return verifyWith('sha256', data, { key, dsaEncoding: ECDSA_ENCODING }, signature);
}

const WRAP_ALGORITHM = 'id-aes256-wrap';
/** The initial value of RFC 3394, 2.2.3.1. */
const WRAP_IV = new Uint8Array(8).fill(0xa6);

function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  requireWrapSizes(kek, key);
  return plainBytes(createCipheriv(WRAP_ALGORITHM, createSecretKey(kek), WRAP_IV).update(key));
}

function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  requireUnwrapSizes(kek, wrapped);
  try {
    return plainBytes(createDecipheriv(WRAP_ALGORITHM, createSecretKey(kek), WRAP_IV).update(wrapped));
  } catch {
    throw authenticationFailed();
  }
}
