import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.js';
import { CONTENT_ENCRYPTION } from '../../../src/crypto/primitives.js';
import { CONTENT_ENCRYPTIONS, codeOf, counting, failureOf, IMPLEMENTATIONS } from './support.js';

/** The one thing that may be learnt about sealed bytes that are bad. */
const AUTHENTICATION_FAILED = {
  code: 'ERR_CRYPTO_FAILED',
  message: 'the authentication of sealed bytes failed',
};

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe.each(IMPLEMENTATIONS)('sealed bytes: $name', (primitives) => {
  describe.each(CONTENT_ENCRYPTIONS)('%s', (enc) => {
    const { keyBytes, ivBytes, tagBytes } = CONTENT_ENCRYPTION[enc];
    const [key, iv, aad] = [counting(keyBytes), counting(ivBytes), utf8('header')];
    const sealed = primitives.encrypt(enc, key, iv, aad, utf8('attack at dawn'));
    const { ciphertext, tag } = sealed;

    test.each([
      ['ciphertext', key, iv, aad, { ciphertext: flipped(ciphertext, 0), tag }],
      ['last byte of the ciphertext', key, iv, aad, { ciphertext: flipped(ciphertext, ciphertext.length - 1), tag }],
      ['first byte of the tag', key, iv, aad, { ciphertext, tag: flipped(tag, 0) }],
      ['last byte of the tag', key, iv, aad, { ciphertext, tag: flipped(tag, tagBytes - 1) }],
      ['initialisation vector', key, flipped(iv, ivBytes - 1), aad, sealed],
      ['associated data', key, iv, flipped(aad, 0), sealed],
      ['associated data, cut', key, iv, aad.subarray(1), sealed],
      ['first byte of the key', flipped(key, 0), iv, aad, sealed],
      ['last byte of the key', flipped(key, keyBytes - 1), iv, aad, sealed],
      ['ciphertext, cut', key, iv, aad, { ciphertext: ciphertext.subarray(1), tag }],
      ['ciphertext, empty', key, iv, aad, { ciphertext: new Uint8Array(0), tag }],
      ['tag, cut to 4 bytes', key, iv, aad, { ciphertext, tag: tag.subarray(0, 4) }],
      ['tag, empty', key, iv, aad, { ciphertext, tag: new Uint8Array(0) }],
      ['tag, too long', key, iv, aad, { ciphertext, tag: concatBytes(tag, Uint8Array.of(0)) }],
      ['initialisation vector, cut', key, iv.subarray(1), aad, sealed],
      ['initialisation vector, empty', key, new Uint8Array(0), aad, sealed],
    ])('one answer to a changed %s', (_, otherKey, otherIv, otherAad, otherSealed) => {
      expect(failureOf(() => primitives.decrypt(enc, otherKey, otherIv, otherAad, otherSealed))).toEqual(
        AUTHENTICATION_FAILED,
      );
    });

    test('sizes that only a caller can get wrong', () => {
      for (const length of [0, keyBytes - 1, keyBytes + 1]) {
        expect(codeOf(() => primitives.encrypt(enc, counting(length), iv, aad, aad))).toBe('ERR_INVALID_ARGUMENT');
        expect(codeOf(() => primitives.decrypt(enc, counting(length), iv, aad, sealed))).toBe('ERR_INVALID_ARGUMENT');
      }
      for (const length of [0, ivBytes - 1, ivBytes + 1]) {
        expect(codeOf(() => primitives.encrypt(enc, key, counting(length), aad, aad))).toBe('ERR_INVALID_ARGUMENT');
      }
    });

    test('inputs may be views at odd offsets and stay unchanged', () => {
      const view = (bytes: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(0xff), bytes).subarray(1);
      const inputs = [view(key), view(iv), view(aad), view(utf8('attack at dawn'))] as const;
      const before = inputs.map((bytes) => bytes.slice());
      expect(primitives.encrypt(enc, ...inputs)).toEqual(sealed);
      expect(inputs).toEqual(before);
      expect(
        primitives.decrypt(enc, inputs[0], inputs[1], inputs[2], { ciphertext: view(ciphertext), tag: view(tag) }),
      ).toEqual(utf8('attack at dawn'));
    });
  });

  test('A256CBC-HS512: bad padding under a good tag looks like a bad tag', () => {
    const [key, iv, aad] = [counting(64), counting(16), utf8('header')];
    const aadBits = new Uint8Array(8);
    aadBits[7] = aad.length * 8;
    const tagOf = (ciphertext: Uint8Array): Uint8Array =>
      new Uint8Array(
        createHmac('sha512', key.subarray(0, 32))
          .update(concatBytes(aad, iv, ciphertext, aadBits))
          .digest()
          .subarray(0, 32),
      );
    const honest = primitives.encrypt('A256CBC-HS512', key, iv, aad, utf8('text'));
    expect(tagOf(honest.ciphertext)).toEqual(honest.tag);
    for (const length of [0, 15, 16, 17, 32]) {
      const ciphertext = counting(length);
      expect(
        failureOf(() => primitives.decrypt('A256CBC-HS512', key, iv, aad, { ciphertext, tag: tagOf(ciphertext) })),
      ).toEqual(AUTHENTICATION_FAILED);
    }
  });

  describe('A256KW', () => {
    const kek = counting(32);

    test.each([32, 64])('one answer to every damage of a wrapped key of %i bytes', (length) => {
      const wrapped = primitives.wrapKey(kek, counting(length));
      expect(wrapped).toHaveLength(length + 8);
      const damaged = [
        flipped(wrapped, 0),
        flipped(wrapped, length + 7),
        wrapped.subarray(1),
        wrapped.subarray(8),
        concatBytes(wrapped, new Uint8Array(8)),
        new Uint8Array(length + 8),
        new Uint8Array(0),
      ];
      for (const bytes of damaged) {
        expect(failureOf(() => primitives.unwrapKey(kek, bytes))).toEqual(AUTHENTICATION_FAILED);
      }
      expect(failureOf(() => primitives.unwrapKey(counting(32, 1), wrapped))).toEqual(AUTHENTICATION_FAILED);
    });

    test('sizes that only a caller can get wrong', () => {
      for (const length of [0, 16, 31, 33, 64]) {
        expect(codeOf(() => primitives.wrapKey(counting(length), counting(32)))).toBe('ERR_INVALID_ARGUMENT');
        expect(codeOf(() => primitives.unwrapKey(counting(length), counting(40)))).toBe('ERR_INVALID_ARGUMENT');
      }
      for (const length of [0, 16, 31, 40, 72]) {
        expect(codeOf(() => primitives.wrapKey(kek, counting(length)))).toBe('ERR_INVALID_ARGUMENT');
      }
    });
  });

  test('random bytes: as many as asked for, fresh each time', () => {
    for (const length of [0, 1, 16, 65_536]) expect(primitives.randomBytes(length)).toHaveLength(length);
    expect(primitives.randomBytes(16)).not.toEqual(primitives.randomBytes(16));
    for (const length of [-1, 1.5, Number.NaN, 65_537]) {
      expect(codeOf(() => primitives.randomBytes(length))).toBe('ERR_INVALID_ARGUMENT');
    }
  });

  test('what comes out is a plain Uint8Array, whose slice copies', () => {
    const key = primitives.generateKey('X25519');
    const signer = primitives.importPrivateKey(primitives.generateKey('secp256k1'));
    const { ciphertext, tag } = primitives.encrypt('A256GCM', counting(32), counting(12), counting(1), counting(1));
    const results = [
      primitives.randomBytes(1),
      primitives.sha256(counting(1)),
      primitives.agree(primitives.importPrivateKey(key), primitives.importPublicKey(key)),
      primitives.sign('ES256K', signer, counting(1)),
      primitives.publicKeyToBytes(primitives.generateKey('P-256')),
      primitives.wrapKey(counting(32), counting(32)),
      ciphertext,
      tag,
    ];
    for (const bytes of results) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });
});
