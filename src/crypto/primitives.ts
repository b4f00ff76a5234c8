import type { AgreementCurve, Curve, PrivateJwk, PublicJwk } from './jwk.js';

/**
 * The cryptographic primitives that envelopes and DIDs are built from.
 *
 * A port with two implementations that tests compare with each other: `node.ts` (OpenSSL through node:crypto, the
 * fast one) and `noble.ts` (readable JavaScript, the one that runs in a browser). Everything is synchronous: moving
 * an operation of some microseconds to a thread pool costs more than it saves. For the one that takes longer there is
 * {@link Agreement} beside it.
 *
 * Every function throws a WaypostError: ERR_KEY_INVALID for a bad key (not on its curve, wrong length, low order),
 * ERR_BASE64URL for a member of a JWK in another spelling, ERR_INVALID_ARGUMENT for bytes of another length than the
 * algorithm's, ERR_CRYPTO_FAILED where an authentication tag or a wrapped key does not verify. No error quotes its input.
 */
export interface Primitives {
  /** `node` or `noble`: for messages to people. */
  readonly name: string;

  /** `length` bytes, 0 to 65,536, of cryptographic quality. */
  randomBytes(length: number): Uint8Array;
  /** SHA-256 (FIPS 180-4) of `data`: 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC (RFC 2104) with SHA-256 over `data`: 32 bytes. `key` is 1 to 64 bytes long. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;

  /** A fresh key pair, to be kept. */
  generateKey(curve: Curve): PrivateJwk;
  /** A fresh key pair on `curve` for one message, ready for use; its private part exists nowhere else. */
  generateEphemeral(curve: AgreementCurve): PrivateKey;
  /** Checks a public key (length, canonical base64url, on its curve) and prepares it for use. */
  importPublicKey(jwk: PublicJwk): PublicKey;
  /** Checks a private key (also that the public part belongs to it) and prepares it for use. */
  importPrivateKey(jwk: PrivateJwk): PrivateKey;
  /**
   * The public key of `bytes`: 32 bytes for X25519 and Ed25519, a compressed or uncompressed SEC 1 point (2.3.4) for
   * the others.
   */
  publicKeyFromBytes(curve: Curve, bytes: Uint8Array): PublicJwk;
  /** The reverse; points of curves other than X25519 and Ed25519 are compressed (SEC 1, 2.3.3). */
  publicKeyToBytes(jwk: PublicJwk): Uint8Array;
  /** The X25519 key of an Ed25519 key, u = (1+y)/(1-y) mod p (RFC 7748, 4.1). */
  ed25519ToX25519(jwk: PublicJwk): PublicJwk;
  /** The same for the private key: the clamped half of SHA-512 of the seed (RFC 8032, 5.1.5). */
  ed25519ToX25519Private(jwk: PrivateJwk): PrivateJwk;

  /** Diffie-Hellman (RFC 7748; SEC 1, 3.3.1). Both keys are of one agreement curve; an all-zero result is refused. */
  agree(privateKey: PrivateKey, publicKey: PublicKey): Uint8Array;

  /** Signs `data`: EdDSA (RFC 8032), ES256 (RFC 7518, 3.4: r||s), ES256K (RFC 8812). The key's curve must be the algorithm's. */
  sign(algorithm: SignatureAlgorithm, privateKey: PrivateKey, data: Uint8Array): Uint8Array;
  /** Whether `signature` is one of `data`; false, too, when it is no signature at all. */
  verify(algorithm: SignatureAlgorithm, publicKey: PublicKey, data: Uint8Array, signature: Uint8Array): boolean;

  /** A256KW (RFC 3394): `key`, 32 or 64 bytes, wrapped by `kek`, 32 bytes; 8 bytes longer. */
  wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array;
  /** The reverse: the key in `wrapped`, or ERR_CRYPTO_FAILED when `kek` is not the one that wrapped it. */
  unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array;

  /**
   * Authenticated encryption of `plaintext` by `enc`, over `aad` too, which is not encrypted; the sizes of `key` and `iv` are
   * those of {@link CONTENT_ENCRYPTION}.
   */
  encrypt(enc: ContentEncryption, key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed;
  /** The reverse: the plaintext, or ERR_CRYPTO_FAILED when not all of `enc`, `key`, `iv` and `aad` are the same. */
  decrypt(enc: ContentEncryption, key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array;
}

/**
 * Agreement with a public key that is used once, such as the ephemeral one of a message: `importPublicKey` and `agree` in one,
 * where it may be done in another thread. Throws, or rejects, with ERR_KEY_INVALID.
 */
export type Agreement = (privateKey: PrivateKey, peer: PublicJwk) => Uint8Array | Promise<Uint8Array>;

/** What authenticated encryption gives: the `ciphertext`, and the `tag` beside it (RFC 7516, 5.1). */
export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** A checked key on `curve`. `handle` is the form that its implementation works with, opaque to everybody else. */
export interface PublicKey {
  readonly curve: Curve;
  readonly handle: unknown;
}

/** The same for a private key, with the public one that belongs to it as `publicJwk`; `handle` and `curve` as there. */
export interface PrivateKey {
  readonly curve: Curve;
  readonly publicJwk: PublicJwk;
  readonly handle: unknown;
}

/** How DIDComm messages are signed (DIDComm v2.1, "Message Signing"). */
export type SignatureAlgorithm = 'EdDSA' | 'ES256' | 'ES256K';

/** Which algorithm a key of a curve signs with; the other curves do not sign in DIDComm. */
export const SIGNATURE_ALGORITHM_OF: { readonly [curve in Curve]?: SignatureAlgorithm } = {
  Ed25519: 'EdDSA',
  'P-256': 'ES256',
  secp256k1: 'ES256K',
};

/**
 * Content encryption: bytes of key (`keyBytes`), initialisation vector (`ivBytes`) and tag (`tagBytes`).
 * `A256CBC-HS512`: RFC 7518, 5.2.5. `A256GCM`: RFC 7518, 5.3. `XC20P`: draft-amringer-jose-chacha.
 */
export const CONTENT_ENCRYPTION = {
  'A256CBC-HS512': { keyBytes: 64, ivBytes: 16, tagBytes: 32 },
  A256GCM: { keyBytes: 32, ivBytes: 12, tagBytes: 16 },
  XC20P: { keyBytes: 32, ivBytes: 24, tagBytes: 16 },
} as const;

/** The `enc` of an encrypted message: one of {@link CONTENT_ENCRYPTION}. */
export type ContentEncryption = keyof typeof CONTENT_ENCRYPTION;

export function isContentEncryption(name: unknown): name is ContentEncryption {
  return typeof name === 'string' && Object.hasOwn(CONTENT_ENCRYPTION, name);
}

/** Bytes of one coordinate, of a private scalar, and of a shared secret. */
export const FIELD_BYTES: { readonly [curve in Curve]: number } = {
  X25519: 32,
  Ed25519: 32,
  'P-256': 32,
  secp256k1: 32,
  'P-384': 48,
  'P-521': 66,
};

export function isAgreement(curve: Curve): curve is AgreementCurve {
  return curve !== 'Ed25519' && curve !== 'secp256k1';
}
