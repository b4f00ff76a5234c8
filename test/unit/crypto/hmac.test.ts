import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.js';
import { hmacSha256, hmacSha512 } from '../../../src/crypto/node/hmac.js';

describe('HMAC-SHA-512 of two hashes', () => {
  test('gives the values of RFC 4231, 4.2 and 4.3', () => {
    expect(toHex(hmacSha512(new Uint8Array(20).fill(0x0b), utf8('Hi There')))).toBe(
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    );
    expect(toHex(hmacSha512(utf8('Jefe'), utf8('what do ya want '), utf8('for nothing?')))).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    );
  });

  test.each([0, 1, 31, 32, 64, 127, 128])('is what OpenSSL says for a key of %i bytes', (keyBytes) => {
    const key = new Uint8Array(keyBytes).map((_, i) => (i * 37 + keyBytes) & 0xff);
    for (const length of [0, 1, 111, 112, 128, 1000]) {
      const data = new Uint8Array(length).map((_, i) => (i * 11 + length) & 0xff);
      const expected = createHmac('sha512', key).update(data).digest('hex');
      expect(toHex(hmacSha512(key, data.subarray(0, length >> 1), data.subarray(length >> 1)))).toBe(expected);
    }
  });
});

test('HMAC-SHA-256 gives the values of RFC 4231, 4.2 with 20 bytes of key and 4.3 with 4', () => {
  expect(toHex(hmacSha256(new Uint8Array(20).fill(0x0b), utf8('Hi There')))).toBe(
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  );
  expect(toHex(hmacSha256(utf8('Jefe'), utf8('what do ya want '), utf8('for nothing?')))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});
