import { p256 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from '../../../src/core/base64url.js';
import { concatBytes } from '../../../src/core/bytes.js';
import type { AgreementCurve, PrivateJwk, PublicJwk } from '../../../src/crypto/jwk.js';
import { FIELD_BYTES } from '../../../src/crypto/primitives.js';
import { base64urlOfHex, CURVES, codeOf, failureOf, hex, IMPLEMENTATIONS, noble, node } from './support.js';

const EC_CURVES = ['P-256', 'P-384', 'P-521', 'secp256k1'] as const;

const ORDER: { readonly [curve in (typeof EC_CURVES)[number]]: string } = {
  'P-256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'P-384': 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  'P-521':
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  secp256k1: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
};

describe.each(IMPLEMENTATIONS)('hostile keys: $name', (primitives) => {
  describe.each(EC_CURVES)('%s', (curve) => {
    const key = ecKey(curve);
    const other = ecKey(curve);
    const size = FIELD_BYTES[curve];
    const zero = toBase64url(new Uint8Array(size));
    const ones = toBase64url(new Uint8Array(size).fill(0xff));

    test.each([
      ['the y of another point', { ...key, y: other.y }],
      ['x and y exchanged', { ...key, x: key.y, y: key.x }],
      ['zero for both coordinates, which is not the point at infinity either', { ...key, x: zero, y: zero }],
      ['coordinates beyond the field', { ...key, x: ones, y: ones }],
      ['an x without a leading zero byte', { ...key, x: toBase64url(fromBase64url(key.x).subarray(1)) }],
      [
        'an x with a leading zero byte too many',
        { ...key, x: toBase64url(concatBytes(hex('00'), fromBase64url(key.x))) },
      ],
      ['an empty y', { ...key, y: '' }],
      ['padding', { ...key, x: `${key.x}=` }],
      ['a character outside base64url', { ...key, x: `+${key.x.slice(1)}` }],
    ])('refused as a public key: %s', (_, jwk) => {
      expect(codeOf(() => primitives.importPublicKey(jwk))).toBe('ERR_KEY_INVALID');
      expect(codeOf(() => primitives.publicKeyToBytes(jwk))).toBe('ERR_KEY_INVALID');
      expect(codeOf(() => primitives.importPrivateKey({ ...jwk, d: key.d }))).toBe('ERR_KEY_INVALID');
    });

    test.each([
      ['zero', zero],
      ['the order of the group', base64urlOfHex(ORDER[curve])],
      ['a number beyond the field', ones],
      ['the scalar of another key', other.d],
      ['a scalar without a leading zero byte', toBase64url(fromBase64url(key.d).subarray(1))],
      ['nothing', ''],
    ])('refused as a private scalar: %s', (_, d) => {
      const { code, message } = failureOf(() => primitives.importPrivateKey({ ...key, d }));
      expect(code).toBe('ERR_KEY_INVALID');
      if (d !== '') expect(message).not.toContain(d.slice(0, 8));
    });

    test('refused as bytes: everything but the two forms of a point', () => {
      const compressed = primitives.publicKeyToBytes(key);
      const point = concatBytes(hex('04'), fromBase64url(key.x), fromBase64url(key.y));
      const parity = (point.at(-1) ?? 0) & 1;
      expect(primitives.publicKeyFromBytes(curve, point)).toEqual(primitives.publicKeyFromBytes(curve, compressed));

      const offCurve = point.slice();
      offCurve[size] = (offCurve[size] ?? 0) ^ 1;
      const refused = [
        new Uint8Array(0),
        hex('00'), // the point at infinity
        concatBytes(Uint8Array.of(6 + parity), point.subarray(1)), // hybrid form
        concatBytes(Uint8Array.of(4), compressed.subarray(1)),
        concatBytes(compressed.subarray(0, 1), point.subarray(1)),
        compressed.subarray(0, size),
        concatBytes(compressed, hex('00')),
        concatBytes(hex('02'), new Uint8Array(size).fill(0xff)),
        offCurve,
      ];
      for (const bytes of refused) {
        expect(codeOf(() => primitives.publicKeyFromBytes(curve, bytes))).toBe('ERR_KEY_INVALID');
      }
    });
  });

  test('a P-256 point with x = 0 is a point, its second spelling with x = p is none', () => {
    const y = p256.Point.fromBytes(concatBytes(hex('02'), new Uint8Array(32)))
      .toBytes(false)
      .subarray(33);
    const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', x: toBase64url(new Uint8Array(32)), y: toBase64url(y) };
    expect(primitives.importPublicKey(jwk).curve).toBe('P-256');
    const p = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
    expect(codeOf(() => primitives.importPublicKey({ ...jwk, x: base64urlOfHex(p) }))).toBe('ERR_KEY_INVALID');
  });

  test.each(['X25519', 'Ed25519'] as const)('%s: members and scalars', (crv) => {
    const key = node.generateKey(crv);
    const unusedBits = `${key.x.slice(0, -1)}${nextLetter(key.x.slice(-1))}`;
    for (const x of ['', key.x.slice(1), `${key.x}=`, `${key.x}A`, `+${key.x.slice(1)}`, unusedBits]) {
      expect(codeOf(() => primitives.importPublicKey({ kty: 'OKP', crv, x }))).toBe('ERR_KEY_INVALID');
    }
    for (const d of [node.generateKey(crv).d, '', key.d.slice(1)]) {
      expect(codeOf(() => primitives.importPrivateKey({ ...key, d }))).toBe('ERR_KEY_INVALID');
    }
    for (const length of [0, 31, 33]) {
      expect(codeOf(() => primitives.publicKeyFromBytes(crv, new Uint8Array(length)))).toBe('ERR_KEY_INVALID');
    }
  });

  // Every u of low order (RFC 7748, 6.1; the list is from "May the Fourth Be With You", 2015) and spellings beyond p.
  test.each([
    ['0', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['1', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['order 8, the other', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
    ['p - 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['1 with the ignored bit set', '0100000000000000000000000000000000000000000000000000000000000080'],
  ])('no agreement with the X25519 key %s', (_, u) => {
    const mine = primitives.importPrivateKey(primitives.generateKey('X25519'));
    const theirs = primitives.importPublicKey({ kty: 'OKP', crv: 'X25519', x: base64urlOfHex(u) });
    expect(failureOf(() => primitives.agree(mine, theirs))).toEqual({
      code: 'ERR_KEY_INVALID',
      message: 'a public key of X25519 is a point of low order',
    });
  });

  test.each([
    ['the neutral element', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['order 4, x negative', '0000000000000000000000000000000000000000000000000000000000000080'],
    ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['order 8, another', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['y = p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['y = p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['x = 0 with a sign', '0100000000000000000000000000000000000000000000000000000000000080'],
    ['no x for y = 2', '0200000000000000000000000000000000000000000000000000000000000000'],
  ])('refused as an Ed25519 key: %s', (_, y) => {
    const jwk: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x: base64urlOfHex(y) };
    expect(codeOf(() => primitives.importPublicKey(jwk))).toBe('ERR_KEY_INVALID');
  });

  test('an Ed25519 key of low order gives an X25519 key that no agreement takes, or none at all', () => {
    const mine = primitives.importPrivateKey(primitives.generateKey('X25519'));
    for (const y of ['01', 'ec', '00', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05']) {
      const jwk: PublicJwk = {
        kty: 'OKP',
        crv: 'Ed25519',
        x: base64urlOfHex(y === 'ec' ? P_MINUS_1 : y.padEnd(64, '0')),
      };
      const agreeConverted = () => primitives.agree(mine, primitives.importPublicKey(primitives.ed25519ToX25519(jwk)));
      expect(codeOf(agreeConverted)).toBe('ERR_KEY_INVALID');
    }
  });

  test('only Ed25519 keys are turned into X25519 keys, and only whole ones', () => {
    for (const curve of CURVES.filter((name) => name !== 'Ed25519')) {
      const key = primitives.generateKey(curve);
      expect(codeOf(() => primitives.ed25519ToX25519(key))).toBe('ERR_KEY_INVALID');
      expect(codeOf(() => primitives.ed25519ToX25519Private(key))).toBe('ERR_KEY_INVALID');
    }
    const [key, other] = [primitives.generateKey('Ed25519'), primitives.generateKey('Ed25519')];
    expect(codeOf(() => primitives.ed25519ToX25519Private({ ...key, d: other.d }))).toBe('ERR_KEY_INVALID');
  });

  test('keys of other curves than the operation wants', () => {
    const keyOf = (curve: AgreementCurve | 'Ed25519' | 'secp256k1'): PrivateJwk => primitives.generateKey(curve);
    const mine = (curve: AgreementCurve | 'Ed25519' | 'secp256k1') => primitives.importPrivateKey(keyOf(curve));
    const theirs = (curve: AgreementCurve | 'Ed25519' | 'secp256k1') => primitives.importPublicKey(keyOf(curve));
    const data = new Uint8Array(1);
    const refused = [
      () => primitives.agree(mine('X25519'), theirs('P-256')),
      () => primitives.agree(mine('P-256'), theirs('P-384')),
      () => primitives.agree(mine('Ed25519'), theirs('Ed25519')),
      () => primitives.agree(mine('secp256k1'), theirs('secp256k1')),
      () => primitives.sign('EdDSA', mine('P-256'), data),
      () => primitives.sign('ES256', mine('secp256k1'), data),
      () => primitives.sign('ES256K', mine('P-256'), data),
      () => primitives.sign('ES256', mine('P-384'), data),
      () => primitives.verify('EdDSA', theirs('X25519'), data, new Uint8Array(64)),
      () => primitives.verify('ES256', theirs('Ed25519'), data, new Uint8Array(64)),
      () => primitives.verify('ES256K', theirs('P-256'), data, new Uint8Array(1)),
    ];
    for (const action of refused) expect(codeOf(action)).toBe('ERR_KEY_INVALID');
  });
});

test('keys that the other implementation prepared are refused', () => {
  const foreignPrivate = noble.importPrivateKey(noble.generateKey('X25519'));
  const foreignPublic = node.importPublicKey(node.generateKey('X25519'));
  expect(codeOf(() => node.agree(foreignPrivate, foreignPublic))).toBe('ERR_INVALID_ARGUMENT');
  expect(codeOf(() => noble.agree(foreignPrivate, foreignPublic))).toBe('ERR_INVALID_ARGUMENT');
});

type EcPrivateJwk = Extract<PrivateJwk, { kty: 'EC' }>;

function ecKey(curve: (typeof EC_CURVES)[number]): EcPrivateJwk {
  const key = node.generateKey(curve);
  return key.kty === 'EC' ? { ...key } : expect.fail('no EC key');
}

const P_MINUS_1 = 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';

/** 43 characters carry 258 bits: the last one has two bits that must be zero, and the next letter sets one. */
function nextLetter(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(letter) + 1);
}
