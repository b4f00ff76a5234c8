import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/*
 * Passwords as they stand in a configuration: `scrypt:N:r:p:SALT:KEY`, salt and key in base64url (RFC 7914). The costs are in
 * it so that they can grow.
 */

const derive = promisify<string | Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt);
const FORM = /^scrypt:(\d{1,6}):(\d{1,2}):(\d{1,2}):([\w-]{16,86}):([\w-]{43})$/;
/** 16 MiB and 40 ms on a small machine: a broker has several such users, and no powerful one. */
const COST = { N: 16_384, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

/** Whether `text` is the hash of a password, with costs that can be paid. */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, { ...COST, maxmem: MAX_MEMORY_BYTES });
  return `scrypt:${COST.N}:${COST.r}:${COST.p}:${salt.toString('base64url')}:${key.toString('base64url')}`;
}

/** Compares in a time that says nothing of the password. */
export async function isPassword(password: Uint8Array, hash: string): Promise<boolean> {
  const known = parse(hash);
  if (known === undefined) return false;
  const key = await derive(password, known.salt, KEY_BYTES, { ...known.cost, maxmem: MAX_MEMORY_BYTES });
  return timingSafeEqual(key, known.key);
}

function parse(text: string) {
  const [, N = '', r = '', p = '', salt = '', key = ''] = FORM.exec(text) ?? [];
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const isPayable = cost.N >= 2 && Number.isInteger(Math.log2(cost.N)) && cost.r >= 1 && cost.p >= 1;
  if (!isPayable || cost.p > 4 || 128 * cost.N * cost.r > MAX_MEMORY_BYTES / 2) return undefined;
  return { cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}
