import { describe, expect, test } from 'vitest';
import { fromBase64url } from '../../../src/core/base64url.js';
import { toHex, utf8 } from '../../../src/core/bytes.js';
import type { PrivateJwk } from '../../../src/crypto/jwk.js';
import { base64urlOfHex, counting, hex, IMPLEMENTATIONS } from './support.js';

describe.each(IMPLEMENTATIONS)('published vectors: $name', (primitives) => {
  test('SHA-256 of "abc" (FIPS 180-4 example)', () => {
    expect(toHex(primitives.sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('A256CBC-HS512 (RFC 7518, B.3)', () => {
    const key = counting(64);
    const iv = hex('1af38c2dc2b96ffdd86694092341bc04');
    const aad = utf8('The second principle of Auguste Kerckhoffs');
    const plaintext = utf8(
      'A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience',
    );
    const sealed = primitives.encrypt('A256CBC-HS512', key, iv, aad, plaintext);
    expect(toHex(sealed.ciphertext)).toBe(
      '4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2' +
        'e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3' +
        'a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6',
    );
    expect(toHex(sealed.tag)).toBe('4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5');
    expect(primitives.decrypt('A256CBC-HS512', key, iv, aad, sealed)).toEqual(plaintext);
  });

  test('A256GCM (McGrew and Viega, test case 16)', () => {
    const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
    const iv = hex('cafebabefacedbaddecaf888');
    const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const plaintext = hex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
        '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const sealed = primitives.encrypt('A256GCM', key, iv, aad, plaintext);
    expect(toHex(sealed.ciphertext)).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
        '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    );
    expect(toHex(sealed.tag)).toBe('76fc6ece0f4e1768cddf8853bb2d551b');
    expect(primitives.decrypt('A256GCM', key, iv, aad, sealed)).toEqual(plaintext);
  });

  test('XC20P (draft-irtf-cfrg-xchacha-03, A.3.1)', () => {
    const key = counting(32, 0x80);
    const iv = counting(24, 0x40);
    const aad = hex('50515253c0c1c2c3c4c5c6c7');
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = primitives.encrypt('XC20P', key, iv, aad, plaintext);
    expect(toHex(sealed.ciphertext)).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39' +
        'ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9' +
        '21f9664c97637da9768812f615c68b13b52e',
    );
    expect(toHex(sealed.tag)).toBe('c0875924c1c7987947deafd8780acf49');
    expect(primitives.decrypt('XC20P', key, iv, aad, sealed)).toEqual(plaintext);
  });

  test('A256KW of a 256-bit key (RFC 3394, 4.6)', () => {
    const kek = counting(32);
    const key = hex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f');
    const wrapped = primitives.wrapKey(kek, key);
    expect(toHex(wrapped)).toBe('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21');
    expect(primitives.unwrapKey(kek, wrapped)).toEqual(key);
  });

  test('X25519 agreement (RFC 7748, 6.1), with scalars that are not clamped', () => {
    const alice: PrivateJwk = {
      kty: 'OKP',
      crv: 'X25519',
      x: base64urlOfHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
      d: base64urlOfHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
    };
    const bob: PrivateJwk = {
      kty: 'OKP',
      crv: 'X25519',
      x: base64urlOfHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
      d: base64urlOfHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
    };
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    const { importPrivateKey, importPublicKey, agree } = primitives;
    expect(toHex(agree(importPrivateKey(alice), importPublicKey(bob)))).toBe(shared);
    expect(toHex(agree(importPrivateKey(bob), importPublicKey(alice)))).toBe(shared);
  });

  test.each([
    {
      name: 'TEST 1, no bytes',
      d: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      x: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      name: 'TEST 3, two bytes',
      d: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      x: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: 'af82',
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    },
  ])('EdDSA (RFC 8032, 7.1: $name)', ({ d, x, message, signature }) => {
    const key: PrivateJwk = { kty: 'OKP', crv: 'Ed25519', x: base64urlOfHex(x), d: base64urlOfHex(d) };
    expect(toHex(primitives.sign('EdDSA', primitives.importPrivateKey(key), hex(message)))).toBe(signature);
    expect(primitives.verify('EdDSA', primitives.importPublicKey(key), hex(message), hex(signature))).toBe(true);
  });

  test('ES256 verification (RFC 7515, A.3)', () => {
    const key = primitives.importPublicKey({
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    });
    const signed = utf8(
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    );
    const signature = fromBase64url(
      'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
    );
    expect(primitives.verify('ES256', key, signed, signature)).toBe(true);
  });

  test('ES256K verification (the usual RFC 6979 vector of secp256k1 with private key 1)', () => {
    const key = primitives.importPublicKey(
      primitives.publicKeyFromBytes(
        'secp256k1',
        hex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'),
      ),
    );
    const signature = hex(
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
        '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    );
    expect(primitives.verify('ES256K', key, utf8('Satoshi Nakamoto'), signature)).toBe(true);
  });
});
