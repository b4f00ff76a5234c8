import { hash } from 'node:crypto';
import { concatBytes, plainBytes } from '../../core/bytes.js';

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** HMAC-SHA-512 (RFC 2104, 2) of the joined `parts`; `key` is at most 128 bytes long. */
export function hmacSha512(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hmac('sha512', 128, key, parts);
}

/** HMAC-SHA-256 of the joined `parts`; `key` is at most 64 bytes long. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hmac('sha256', 64, key, parts);
}

/**
 * Made of two hashes, because those are single calls without an object in between. A `createHmac` and its KeyObject
 * leave two handles to the garbage collector with each message, which costs more than hashing a short one.
 * `blockBytes` is of the hash (FIPS 180-4, 1).
 */
function hmac(name: string, blockBytes: number, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const inner = new Uint8Array(blockBytes).fill(INNER_PAD);
  const outer = new Uint8Array(blockBytes).fill(OUTER_PAD);
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number;
    inner[i] = byte ^ INNER_PAD;
    outer[i] = byte ^ OUTER_PAD;
  }
  const innerHash = hash(name, concatBytes(inner, ...parts), 'buffer');
  return plainBytes(hash(name, concatBytes(outer, innerHash), 'buffer'));
}
