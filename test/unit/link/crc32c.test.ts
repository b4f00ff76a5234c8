import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.js';
import { CRC32C_RESIDUE, crc32c } from '../../../src/link/crc32c.js';

/* RFC 3720 appendix B.4; the check value is that of every catalogue of CRCs. */
const VECTORS: readonly (readonly [string, Uint8Array, number])[] = [
  ['the digits', utf8('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['counting up', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['counting down', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
];

describe('CRC-32C', () => {
  test.each(VECTORS)('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('goes on from any place', () => {
    const bytes = Uint8Array.from({ length: 50 }, (_, i) => 7 * i);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
    }
  });

  test('over bytes and their own CRC is always the same', () => {
    for (const [, bytes, expected] of VECTORS) {
      const appended = new Uint8Array(4);
      new DataView(appended.buffer).setUint32(0, expected, true);
      expect(crc32c(concatBytes(bytes, appended))).toBe(CRC32C_RESIDUE);
    }
  });
});
