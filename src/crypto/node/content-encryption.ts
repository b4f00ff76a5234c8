import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { hchacha } from '@noble/ciphers/chacha.js';
import { plainBytes, utf8 } from '../../core/bytes.js';
import { authenticationFailed, requireDecryptSizes, requireEncryptSizes } from '../checks.js';
import { CONTENT_ENCRYPTION, type ContentEncryption, type Sealed } from '../primitives.js';
import { hmacSha512 } from './hmac.js';

/*
 * Keys go into node:crypto as KeyObjects: making one takes a microsecond, while ciphers and HMACs that get raw bytes
 * take about 10 microseconds longer (Node 24), which is more than the encryption of a short message.
 */

export function encrypt(
  enc: ContentEncryption,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Sealed {
  requireEncryptSizes(enc, key, iv);
  if (enc === 'A256CBC-HS512') return encryptCbcHmac(key, iv, aad, plaintext);
  const cipher =
    enc === 'A256GCM'
      ? createCipheriv('aes-256-gcm', createSecretKey(key), iv)
      : createCipheriv('chacha20-poly1305', xchachaKey(key, iv), xchachaNonce(iv), XC20P_OPTIONS);
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext: plainBytes(ciphertext), tag: plainBytes(cipher.getAuthTag()) };
}

export function decrypt(
  enc: ContentEncryption,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  { ciphertext, tag }: Sealed,
): Uint8Array {
  requireDecryptSizes(enc, key, iv, tag);
  if (enc === 'A256CBC-HS512') return decryptCbcHmac(key, iv, aad, ciphertext, tag);
  const decipher =
    enc === 'A256GCM'
      ? createDecipheriv('aes-256-gcm', createSecretKey(key), iv)
      : createDecipheriv('chacha20-poly1305', xchachaKey(key, iv), xchachaNonce(iv), XC20P_OPTIONS);
  decipher.setAuthTag(tag);
  decipher.setAAD(aad);
  try {
    const plaintext = decipher.update(ciphertext);
    decipher.final();
    return plainBytes(plaintext);
  } catch {
    throw authenticationFailed();
  }
}

const MAC_KEY_BYTES = 32;
const AES_BLOCK_BYTES = 16;

function encryptCbcHmac(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed {
  const cipher = createCipheriv('aes-256-cbc', createSecretKey(key.subarray(MAC_KEY_BYTES)), iv);
  const ciphertext = plainBytes(cipher.setAutoPadding(false).update(pad(plaintext)));
  return { ciphertext, tag: cbcHmacTag(key, iv, aad, ciphertext) };
}

function decryptCbcHmac(
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Uint8Array {
  if (ciphertext.length % AES_BLOCK_BYTES !== 0) throw authenticationFailed();
  if (!timingSafeEqual(cbcHmacTag(key, iv, aad, ciphertext), tag)) throw authenticationFailed();
  const decipher = createDecipheriv('aes-256-cbc', createSecretKey(key.subarray(MAC_KEY_BYTES)), iv);
  return unpad(plainBytes(decipher.setAutoPadding(false).update(ciphertext)));
}

/** PKCS #7 padding (RFC 5652, 6.3). OpenSSL would pad too, but hands the last block out in a call and a buffer of its own. */
function pad(plaintext: Uint8Array): Uint8Array {
  const padding = AES_BLOCK_BYTES - (plaintext.length % AES_BLOCK_BYTES);
  const padded = new Uint8Array(plaintext.length + padding).fill(padding, plaintext.length);
  padded.set(plaintext);
  return padded;
}

/** Only under a good tag, so that it tells nobody anything: a holder of the key alone can have made bad padding. */
function unpad(padded: Uint8Array): Uint8Array {
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - padding;
  if (padding === 0 || padding > AES_BLOCK_BYTES) throw authenticationFailed();
  for (let i = end; i < padded.length; i++) if (padded[i] !== padding) throw authenticationFailed();
  return padded.subarray(0, end);
}

/** RFC 7518, 5.2.2.1: the first half of HMAC-SHA-512 over AAD, IV, ciphertext and the AAD's length in bits. */
function cbcHmacTag(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const aadBits = new Uint8Array(8);
  new DataView(aadBits.buffer).setBigUint64(0, BigInt(aad.length) * 8n);
  const digest = hmacSha512(key.subarray(0, MAC_KEY_BYTES), aad, iv, ciphertext, aadBits);
  return digest.subarray(0, CONTENT_ENCRYPTION['A256CBC-HS512'].tagBytes);
}

const XC20P_OPTIONS = { authTagLength: CONTENT_ENCRYPTION.XC20P.tagBytes };
/** The constants of ChaCha20 (RFC 8439, 2.3). */
const CHACHA_CONSTANTS = words(utf8('expand 32-byte k'));
/** How much of XChaCha20's nonce goes into the subkey. */
const HCHACHA_NONCE_BYTES = 16;

/** XChaCha20 is ChaCha20 under a subkey that HChaCha20 makes of the key and most of the nonce (draft-irtf-cfrg-xchacha-03, 2.3). */
function xchachaKey(key: Uint8Array, iv: Uint8Array): KeyObject {
  const subkey = new Uint32Array(8);
  hchacha(CHACHA_CONSTANTS, words(key), words(iv.subarray(0, HCHACHA_NONCE_BYTES)), subkey);
  return createSecretKey(new Uint8Array(subkey.buffer));
}

function xchachaNonce(iv: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(iv.subarray(HCHACHA_NONCE_BYTES), 4);
  return nonce;
}

/** A copy as 32-bit words, because a view would need memory that is aligned. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}
