import { describe, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from '../../../src/core/base64url.js';
import { utf8 } from '../../../src/core/bytes.js';
import { AGREEMENT_CURVES } from '../../../src/crypto/jwk.js';
import { encodeMultikey } from '../../../src/crypto/multikey.js';
import { CONTENT_ENCRYPTION } from '../../../src/crypto/primitives.js';
import { CONTENT_ENCRYPTIONS, CURVES, counting, IMPLEMENTATIONS, PAIRS } from './support.js';

const SIGNATURE_KEYS = [
  { algorithm: 'EdDSA', curve: 'Ed25519' },
  { algorithm: 'ES256', curve: 'P-256' },
  { algorithm: 'ES256K', curve: 'secp256k1' },
] as const;

describe.each(PAIRS)('what one makes the other takes: $name', ({ from, to }) => {
  test.each(CURVES)('%s keys', (curve) => {
    const key = from.generateKey(curve);
    expect(to.importPrivateKey({ ...key }).publicJwk).toEqual(from.importPrivateKey(key).publicJwk);
    expect(to.importPublicKey(key).curve).toBe(curve);
    expect(to.publicKeyFromBytes(curve, from.publicKeyToBytes(key))).toEqual(from.importPrivateKey(key).publicJwk);
    expect(encodeMultikey(to, key)).toBe(encodeMultikey(from, key));
  });

  test.each(AGREEMENT_CURVES)('%s agreement', (curve) => {
    const mine = from.generateKey(curve);
    const theirs = to.generateKey(curve);
    const here = from.agree(from.importPrivateKey(mine), from.importPublicKey(theirs));
    const there = to.agree(to.importPrivateKey(theirs), to.importPublicKey(mine));
    expect(here).toEqual(there);
  });

  test.each(SIGNATURE_KEYS)('$algorithm signatures', ({ algorithm, curve }) => {
    const key = from.generateKey(curve);
    const data = utf8('signed here, verified there');
    const signature = from.sign(algorithm, from.importPrivateKey(key), data);
    expect(signature).toHaveLength(64);
    const publicKey = to.importPublicKey(key);
    expect(to.verify(algorithm, publicKey, data, signature)).toBe(true);
    expect(to.verify(algorithm, publicKey, utf8('something else'), signature)).toBe(false);
    expect(to.verify(algorithm, to.importPublicKey(to.generateKey(curve)), data, signature)).toBe(false);
  });

  test.each(CONTENT_ENCRYPTIONS)('%s', (enc) => {
    const { keyBytes, ivBytes, tagBytes } = CONTENT_ENCRYPTION[enc];
    const [key, iv, aad] = [from.randomBytes(keyBytes), from.randomBytes(ivBytes), utf8('header')];
    for (const length of [0, 1, 15, 16, 17, 5000]) {
      const sealed = from.encrypt(enc, key, iv, aad, counting(length));
      expect(sealed.tag).toHaveLength(tagBytes);
      expect(to.decrypt(enc, key, iv, aad, sealed)).toEqual(counting(length));
    }
  });

  test.each([32, 64])('A256KW of %i bytes', (length) => {
    const [kek, key] = [from.randomBytes(32), from.randomBytes(length)];
    expect(to.unwrapKey(kek, from.wrapKey(kek, key))).toEqual(key);
  });

  test.each([1, 16, 63, 64])('HMAC-SHA-256 with a key of %i bytes', (length) => {
    const key = from.randomBytes(length);
    for (const size of [0, 1, 55, 64, 1000]) {
      expect(to.hmacSha256(key, counting(size))).toEqual(from.hmacSha256(key, counting(size)));
    }
    expect(() => from.hmacSha256(new Uint8Array(65), key)).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_INVALID' }),
    );
    expect(() => from.hmacSha256(new Uint8Array(0), key)).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
  });

  test('Ed25519 keys turned into X25519 keys', () => {
    const [ed25519, peer] = [from.generateKey('Ed25519'), from.generateKey('X25519')];
    const converted = to.ed25519ToX25519Private(ed25519);
    expect(converted).toEqual(from.ed25519ToX25519Private(ed25519));
    const { d, ...publicJwk } = converted;
    expect(from.ed25519ToX25519(ed25519)).toEqual(publicJwk);
    // The two parts belong together, or the import would refuse them.
    expect(from.agree(from.importPrivateKey(converted), from.importPublicKey(peer))).toEqual(
      to.agree(to.importPrivateKey({ ...peer }), to.importPublicKey(publicJwk)),
    );
  });
});

describe.each(IMPLEMENTATIONS)('signatures: $name', (primitives) => {
  test.each(SIGNATURE_KEYS)('$algorithm: bad bytes are false, not an error', ({ algorithm, curve }) => {
    const key = primitives.generateKey(curve);
    const data = utf8('data');
    const good = primitives.sign(algorithm, primitives.importPrivateKey(key), data);
    const publicKey = primitives.importPublicKey(key);
    const bad = [
      new Uint8Array(0),
      good.subarray(0, 63),
      Uint8Array.from([...good, 0]),
      new Uint8Array(64),
      new Uint8Array(64).fill(0xff),
      Uint8Array.from([...good.subarray(0, 32), ...new Uint8Array(32)]),
      Uint8Array.from([...new Uint8Array(32), ...good.subarray(32)]),
      Uint8Array.from([...good.subarray(32), ...good.subarray(0, 32)]),
    ];
    for (const signature of bad) expect(primitives.verify(algorithm, publicKey, data, signature)).toBe(false);
    expect(primitives.verify(algorithm, publicKey, data, good)).toBe(true);
  });

  test('ES256K is made with the smaller s and verified with either', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const key = primitives.generateKey('secp256k1');
    const [privateKey, publicKey] = [primitives.importPrivateKey(key), primitives.importPublicKey(key)];
    for (let i = 0; i < 12; i++) {
      const data = Uint8Array.of(i);
      const signature = primitives.sign('ES256K', privateKey, data);
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
      expect(s <= order / 2n).toBe(true);
      const otherS = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
      const other = Uint8Array.from([...signature.subarray(0, 32), ...otherS]);
      expect(primitives.verify('ES256K', publicKey, data, other)).toBe(true);
    }
  });
});

describe.each(IMPLEMENTATIONS)('generated keys: $name', (primitives) => {
  test.each(CURVES)('%s: each one is another, and what is imported shows its public part only', (curve) => {
    const key = primitives.generateKey(curve);
    const { d, ...publicJwk } = key;
    expect(primitives.generateKey(curve).d).not.toBe(d);
    expect(primitives.importPrivateKey(key).publicJwk).toEqual(publicJwk);
  });

  test.each(AGREEMENT_CURVES)('%s: an ephemeral key is another each time and agrees with imported ones', (curve) => {
    const ephemeral = primitives.generateEphemeral(curve);
    expect(ephemeral).toMatchObject({ curve, publicJwk: { crv: curve } });
    expect(ephemeral.publicJwk).not.toHaveProperty('d');
    expect(primitives.generateEphemeral(curve).publicJwk).not.toEqual(ephemeral.publicJwk);
    const peer = primitives.generateKey(curve);
    expect(primitives.agree(ephemeral, primitives.importPublicKey(peer))).toEqual(
      primitives.agree(primitives.importPrivateKey(peer), primitives.importPublicKey(ephemeral.publicJwk)),
    );
  });

  test('the scalar of an X25519 key is kept as it was given', () => {
    const key = primitives.generateKey('X25519');
    const scalar = fromBase64url(key.d);
    scalar[0] = (scalar[0] ?? 0) ^ 1; // a bit that clamping sets to zero
    const unclamped = primitives.importPrivateKey({ ...key, d: toBase64url(scalar) });
    const peer = primitives.importPublicKey(primitives.generateKey('X25519'));
    expect(primitives.agree(unclamped, peer)).toEqual(primitives.agree(primitives.importPrivateKey(key), peer));
  });
});
