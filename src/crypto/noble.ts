import { aeskw } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  authenticationFailed,
  requireHmacKey,
  requireRandomLength,
  requireSignatureKey,
  requireUnwrapSizes,
  requireWrapSizes,
} from './checks.js';
import { ed25519ToX25519, ed25519ToX25519Private } from './ed25519-keys.js';
import { decrypt, encrypt } from './noble/content-encryption.js';
import {
  agree,
  generateEphemeral,
  generateKey,
  importPrivateKey,
  importPublicKey,
  keyBytes,
  publicKeyFromBytes,
  publicKeyToBytes,
} from './noble/keys.js';
import type { Primitives, PrivateKey, PublicKey, SignatureAlgorithm } from './primitives.js';

/**
 * The primitives in JavaScript alone, from @noble: the implementation for browsers, and the readable one that tests
 * compare node.ts with. JavaScript cannot promise constant time.
 *
 * The two differ in one known point: EdDSA is verified here with the cofactor and by OpenSSL without it, both of which
 * RFC 8032, 5.1.7 allows. Only the holder of the private key can make a signature that they judge differently.
 */
export function createNoblePrimitives(): Primitives {
  return {
    name: 'noble',
    randomBytes(length) {
      requireRandomLength(length);
      return globalThis.crypto.getRandomValues(new Uint8Array(length));
    },
    sha256,
    hmacSha256(key, data) {
      requireHmacKey(key);
      return hmac(sha256, key, data);
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

/** secp256k1 signatures get the smaller `s`, which @noble chooses by itself; on verification both are taken. */
function sign(algorithm: SignatureAlgorithm, privateKey: PrivateKey, data: Uint8Array): Uint8Array {
  requireSignatureKey(algorithm, privateKey);
  const secretKey = keyBytes(privateKey);
  if (algorithm === 'EdDSA') return ed25519.sign(data, secretKey);
  return (algorithm === 'ES256' ? p256 : secp256k1).sign(data, secretKey);
}

const SIGNATURE_BYTES = 64;

function verify(algorithm: SignatureAlgorithm, publicKey: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  requireSignatureKey(algorithm, publicKey);
  const key = keyBytes(publicKey);
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (algorithm === 'EdDSA') return ed25519.verify(signature, data, key, { zip215: false });
  return (algorithm === 'ES256' ? p256 : secp256k1).verify(signature, data, key, { lowS: false });
}

function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  requireWrapSizes(kek, key);
  return aeskw(kek).encrypt(key);
}

function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  requireUnwrapSizes(kek, wrapped);
  try {
    return aeskw(kek).decrypt(wrapped);
  } catch {
    throw authenticationFailed();
  }
}
