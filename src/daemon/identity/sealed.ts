import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fromBase64url, toBase64url } from '../../core/base64url.js';
import { WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { deriveKey, newKeyDerivation, toKeyDerivation } from '../passphrase-key.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts with AES-256-GCM under a passphrase; the result is a JSON object that says how. */
export async function seal(content: Uint8Array, passphrase: string): Promise<JsonObject> {
  const kdf = newKeyDerivation();
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, kdf), iv);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return { cipher: 'A256GCM', kdf: { ...kdf }, iv: toBase64url(iv), ciphertext: toBase64url(ciphertext) };
}

/** Opens what {@link seal} made. Throws ERR_PASSPHRASE for a wrong passphrase, which cannot be told from damage. */
export async function unseal(sealed: unknown, passphrase: string, what: string): Promise<Uint8Array> {
  const kdf = isJsonObject(sealed) ? toKeyDerivation(sealed.kdf) : undefined;
  if (kdf === undefined || !isJsonObject(sealed) || sealed.cipher !== 'A256GCM') throw unknownSeal(what);
  if (typeof sealed.iv !== 'string' || typeof sealed.ciphertext !== 'string') throw unknownSeal(what);
  const iv = fromBase64url(sealed.iv, `the iv of ${what}`);
  const whole = fromBase64url(sealed.ciphertext, `the ciphertext of ${what}`);
  if (iv.length !== IV_BYTES || whole.length < TAG_BYTES) throw unknownSeal(what);
  const decipher = createDecipheriv('aes-256-gcm', await deriveKey(passphrase, kdf), iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(whole.subarray(-TAG_BYTES));
  const content = decipher.update(whole.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch {
    throw new WaypostError('ERR_PASSPHRASE', `${what} does not open: the passphrase is wrong, or the file is damaged`);
  }
}

function unknownSeal(what: string): WaypostError {
  return new WaypostError(
    'ERR_DATA_FOLDER',
    `${what} is damaged, or encrypted in a way that this version does not know`,
  );
}
