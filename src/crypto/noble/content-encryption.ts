import { cbc, gcm } from '@noble/ciphers/aes.js';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from '../../core/bytes.js';
import { authenticationFailed, requireDecryptSizes, requireEncryptSizes } from '../checks.js';
import { CONTENT_ENCRYPTION, type ContentEncryption, type Sealed } from '../primitives.js';

export function encrypt(
  enc: ContentEncryption,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Sealed {
  requireEncryptSizes(enc, key, iv);
  if (enc === 'A256CBC-HS512') {
    const ciphertext = cbc(key.subarray(MAC_KEY_BYTES), iv).encrypt(plaintext);
    return { ciphertext, tag: cbcHmacTag(key, iv, aad, ciphertext) };
  }
  const sealed = aead(enc, key, iv, aad).encrypt(plaintext);
  return { ciphertext: sealed.subarray(0, plaintext.length), tag: sealed.subarray(plaintext.length) };
}

export function decrypt(
  enc: ContentEncryption,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  { ciphertext, tag }: Sealed,
): Uint8Array {
  requireDecryptSizes(enc, key, iv, tag);
  if (enc === 'A256CBC-HS512' && !equalBytes(cbcHmacTag(key, iv, aad, ciphertext), tag)) throw authenticationFailed();
  try {
    if (enc === 'A256CBC-HS512') return cbc(key.subarray(MAC_KEY_BYTES), iv).decrypt(ciphertext);
    return aead(enc, key, iv, aad).decrypt(concatBytes(ciphertext, tag));
  } catch {
    throw authenticationFailed();
  }
}

function aead(enc: 'A256GCM' | 'XC20P', key: Uint8Array, iv: Uint8Array, aad: Uint8Array): ReturnType<typeof gcm> {
  return enc === 'A256GCM' ? gcm(key, iv, aad) : xchacha20poly1305(key, iv, aad);
}

const MAC_KEY_BYTES = 32;

/** RFC 7518, 5.2.2.1: the first half of HMAC-SHA-512 over AAD, IV, ciphertext and the AAD's length in bits. */
function cbcHmacTag(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const aadBits = new Uint8Array(8);
  new DataView(aadBits.buffer).setBigUint64(0, BigInt(aad.length) * 8n);
  const digest = hmac(sha512, key.subarray(0, MAC_KEY_BYTES), concatBytes(aad, iv, ciphertext, aadBits));
  return digest.subarray(0, CONTENT_ENCRYPTION['A256CBC-HS512'].tagBytes);
}
