import { hash } from 'node:crypto';
import { concatBytes, plainBytes } from '../../core/bytes.js';

/** Of SHA-512 (FIPS 180-4, 1). */
const BLOCK_BYTES = 128;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * HMAC-SHA-512 (RFC 2104, 2) of the joined `parts`; `key` is at most 128 bytes long.
 *
 * Made of two hashes, because those are single calls without an object in between. A `createHmac` and its KeyObject
 * leave two handles to the garbage collector with each message, which costs more than hashing a short one.
 */
export function hmacSha512(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const inner = new Uint8Array(BLOCK_BYTES).fill(INNER_PAD);
  const outer = new Uint8Array(BLOCK_BYTES).fill(OUTER_PAD);
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number;
    inner[i] = byte ^ INNER_PAD;
    outer[i] = byte ^ OUTER_PAD;
  }
  const innerHash = hash('sha512', concatBytes(inner, ...parts), 'buffer');
  return plainBytes(hash('sha512', concatBytes(outer, innerHash), 'buffer'));
}
