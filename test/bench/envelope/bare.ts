import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { hchacha } from '@noble/ciphers/chacha.js';
import { CONTENT_ENCRYPTION, type ContentEncryption } from '../../../src/crypto/primitives.js';

/*
 * The cryptography of an envelope and nothing else: the calls to node:crypto that its algorithms consist of, with the
 * static agreement remembered, the ephemeral key going out and coming in as the JWK that a message holds, and secret
 * keys as KeyObjects, which is faster than bytes. No JSON, no base64, no key look-up, no checks. Headers and key ids
 * are random bytes of the right length.
 */

export interface BareCase {
  readonly enc: ContentEncryption;
  /** ECDH-1PU instead of ECDH-ES. */
  readonly isAuthcrypt: boolean;
  readonly keys: number;
  readonly plaintextBytes: number;
  /** Length of the protected header as text. */
  readonly headerBytes: number;
  readonly keyIdBytes: number;
}

interface Sealed {
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

interface Envelope extends Sealed {
  readonly epk: JsonWebKey;
  readonly iv: Buffer;
  readonly encryptedKeys: readonly Buffer[];
}

const NO_IV = Buffer.alloc(8, 0xa6);
/** Everything that the Concat KDF hashes beside the secrets, the key ids and the tag. */
const KDF_OVERHEAD_BYTES = 40;

/** The two halves of one case. `unpack` opens what `pack` made. */
export function createBare(options: BareCase): { pack(): Envelope; unpack(envelope: Envelope): Buffer } {
  const { enc, isAuthcrypt, keys, plaintextBytes, headerBytes, keyIdBytes } = options;
  const { keyBytes, ivBytes } = CONTENT_ENCRYPTION[enc];
  const recipients = Array.from({ length: keys }, () => generateKeyPairSync('x25519'));
  const staticSecrets = recipients.map(() => (isAuthcrypt ? randomBytes(32) : Buffer.alloc(0)));
  const plaintext = randomBytes(plaintextBytes);
  const header = randomBytes(headerBytes);
  const keyIds = randomBytes(keyIdBytes * keys);
  const otherInfo = randomBytes(KDF_OVERHEAD_BYTES + (isAuthcrypt ? keyIdBytes : 0));

  const derive = (ze: Buffer, index: number, tag: Buffer): KeyObject => {
    const secret = staticSecrets[index] ?? NO_IV;
    return createSecretKey(
      hash('sha256', Buffer.concat([ze, secret, otherInfo, ...(isAuthcrypt ? [tag] : [])]), 'buffer'),
    );
  };

  return {
    pack() {
      const ephemeral = generateKeyPairSync('x25519');
      const epk = ephemeral.publicKey.export({ format: 'jwk' });
      hash('sha256', keyIds, 'buffer');
      const contentKey = randomBytes(keyBytes);
      const iv = randomBytes(ivBytes);
      const { ciphertext, tag } = encrypt(enc, contentKey, iv, header, plaintext);
      const encryptedKeys = recipients.map(({ publicKey }, index) => {
        const ze = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
        return createCipheriv('id-aes256-wrap', derive(ze, index, tag), NO_IV).update(contentKey);
      });
      return { epk, iv, ciphertext, tag, encryptedKeys };
    },
    unpack({ epk, iv, ciphertext, tag, encryptedKeys: [encryptedKey = NO_IV] }) {
      hash('sha256', keyIds, 'buffer');
      const publicKey = createPublicKey({ key: epk, format: 'jwk' });
      const ze = diffieHellman({ privateKey: (recipients[0] as { privateKey: KeyObject }).privateKey, publicKey });
      const kek = derive(ze, 0, tag);
      const contentKey = createDecipheriv('id-aes256-wrap', kek, NO_IV).update(encryptedKey);
      return decrypt(enc, contentKey, iv, header, { ciphertext, tag });
    },
  };
}

/** The same for a signed message: `signedBytes` is the length of what is signed. */
export function createBareSignature(signedBytes: number): { pack(): Buffer; unpack(signature: Buffer): boolean } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signed = randomBytes(signedBytes);
  return {
    pack: () => sign(null, signed, privateKey),
    unpack: (signature) => verify(null, signed, publicKey, signature),
  };
}

function encrypt(enc: ContentEncryption, key: Buffer, iv: Buffer, aad: Buffer, plaintext: Buffer): Sealed {
  if (enc === 'A256CBC-HS512') {
    const cipher = createCipheriv('aes-256-cbc', createSecretKey(key.subarray(32)), iv);
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { ciphertext, tag: cbcHmacTag(key, iv, aad, ciphertext) };
  }
  const cipher =
    enc === 'A256GCM'
      ? createCipheriv('aes-256-gcm', createSecretKey(key), iv)
      : createCipheriv('chacha20-poly1305', xchachaKey(key, iv), xchachaNonce(iv), { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

function decrypt(enc: ContentEncryption, key: Buffer, iv: Buffer, aad: Buffer, { ciphertext, tag }: Sealed): Buffer {
  if (enc === 'A256CBC-HS512') {
    if (!timingSafeEqual(cbcHmacTag(key, iv, aad, ciphertext), tag)) throw new Error('a bad tag');
    const decipher = createDecipheriv('aes-256-cbc', createSecretKey(key.subarray(32)), iv);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  }
  const decipher =
    enc === 'A256GCM'
      ? createDecipheriv('aes-256-gcm', createSecretKey(key), iv)
      : createDecipheriv('chacha20-poly1305', xchachaKey(key, iv), xchachaNonce(iv), { authTagLength: 16 });
  decipher.setAuthTag(tag);
  decipher.setAAD(aad, { plaintextLength: ciphertext.length });
  const plaintext = decipher.update(ciphertext);
  decipher.final();
  return plaintext;
}

function cbcHmacTag(key: Buffer, iv: Buffer, aad: Buffer, ciphertext: Buffer): Buffer {
  const mac = createHmac('sha512', createSecretKey(key.subarray(0, 32)));
  return mac.update(aad).update(iv).update(ciphertext).update(NO_IV).digest().subarray(0, 32);
}

/** OpenSSL has ChaCha20-Poly1305 but not HChaCha20, which makes it XChaCha20 and takes two microseconds in JavaScript. */
function xchachaKey(key: Buffer, iv: Buffer): KeyObject {
  const words = (bytes: Buffer): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer);
  const subkey = new Uint32Array(8);
  hchacha(words(Buffer.from('expand 32-byte k')), words(key), words(iv.subarray(0, 16)), subkey);
  return createSecretKey(new Uint8Array(subkey.buffer));
}

function xchachaNonce(iv: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(4), iv.subarray(16)]);
}
