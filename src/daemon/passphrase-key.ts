import { randomBytes, scrypt } from 'node:crypto';
import { fromBase64url, toBase64url } from '../core/base64url.js';
import { WaypostError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';

/** How a key is made from a passphrase (scrypt, RFC 7914), as it stands in files. */
export interface KeyDerivation {
  readonly name: 'scrypt';
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** Base64url. */
  readonly salt: string;
}

/** 32 MiB and three rounds: as hard to guess as 128 MiB and one, and it fits the smallest machines. */
const COST = { n: 2 ** 15, r: 8, p: 3 } as const;
/** What a file may demand of us. */
const MAX_MEMORY_BYTES = 256 * 2 ** 20;
const MAX_P = 16;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

export function newKeyDerivation(): KeyDerivation {
  return { name: 'scrypt', ...COST, salt: toBase64url(randomBytes(SALT_BYTES)) };
}

/** Reads the parameters in a file. Undefined when they are malformed or demand more than is allowed. */
export function toKeyDerivation(value: unknown): KeyDerivation | undefined {
  if (!isJsonObject(value) || value.name !== 'scrypt') return undefined;
  const { n, r, p, salt } = value;
  if (!isCount(n) || !isCount(r) || !isCount(p) || typeof salt !== 'string' || salt.length > 100) return undefined;
  // scrypt wants a power of two.
  if (n < 2 || (n & (n - 1)) !== 0 || n * r * 128 > MAX_MEMORY_BYTES || p > MAX_P) return undefined;
  return { name: 'scrypt', n, r, p, salt };
}

/** The key of 32 bytes for AES-256-GCM. */
export function deriveKey(passphrase: string, { n, r, p, salt }: KeyDerivation): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 2 * MAX_MEMORY_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), fromBase64url(salt, 'the salt'), KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(new WaypostError('ERR_PASSPHRASE', `scrypt failed: ${error.message}`, { cause: error }));
    });
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 2 ** 24;
}
