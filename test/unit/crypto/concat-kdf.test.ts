import { describe, expect, test } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import { concatBytes, toHex, utf8 } from '../../../src/core/bytes.js';
import { concatKdf256, kdfOtherInfo } from '../../../src/crypto/concat-kdf.js';
import type { PrivateJwk } from '../../../src/crypto/jwk.js';
import { referenceKdf } from './reference-kdf.js';
import { counting, IMPLEMENTATIONS, node } from './support.js';

// RFC 7518, appendix C; draft-madden-jose-ecdh-1pu-04, appendix A, uses the same ephemeral key and the same Bob.
const EPHEMERAL: PrivateJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
  y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
  d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
};
const ALICE: PrivateJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis',
  y: 'y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE',
  d: 'Hndv7ZZjs_ke8o9zXYo3iq-Yr8SewI5vrqd0pAvEPqg',
};
const BOB: PrivateJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
  y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
  d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
};

describe.each(IMPLEMENTATIONS)('Concat KDF: $name', (primitives) => {
  const agree = (mine: PrivateJwk, theirs: PrivateJwk): Uint8Array =>
    primitives.agree(primitives.importPrivateKey(mine), primitives.importPublicKey(theirs));

  test('ECDH-ES to 128 bits (RFC 7518, appendix C)', () => {
    const ze = agree(EPHEMERAL, BOB);
    expect(toHex(ze)).toBe('9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4');
    expect(agree(BOB, EPHEMERAL)).toEqual(ze);
    expect(toBase64url(referenceKdf(128, ze, 'A128GCM', utf8('Alice'), utf8('Bob')))).toBe('VqqN6vgjbSBcIijNcacQGg');
  });

  test('ECDH-1PU in direct mode (draft-madden-jose-ecdh-1pu-04, appendix A)', () => {
    const ze = agree(EPHEMERAL, BOB);
    const zs = agree(ALICE, BOB);
    expect(toHex(zs)).toBe('e3ca3474384c9f62b30bfd4c688b3e7d4110a1b4badc3cc54ef7b81241efd50d');
    expect(toHex(concatKdf256(primitives, [ze, zs], kdfOtherInfo('A256GCM', utf8('Alice'), utf8('Bob'))))).toBe(
      '6caf13723d14850ad4b42cd6dde935bffd2fff00a9ba70de05c203a5e1722ca7',
    );
  });

  test('ECDH-1PU with key wrapping (draft-madden-jose-ecdh-1pu-04, appendix B)', () => {
    const ephemeral: PrivateJwk = {
      kty: 'OKP',
      crv: 'X25519',
      x: 'k9of_cpAajy0poW5gaixXGs9nHkwg1AFqUAFa39dyBc',
      d: 'x8EVZH4Fwk673_mUujnliJoSrLz0zYzzCWp5GUX2fc8',
    };
    const alice: PrivateJwk = {
      kty: 'OKP',
      crv: 'X25519',
      x: 'Knbm_BcdQr7WIoz-uqit9M0wbcfEr6y-9UfIZ8QnBD4',
      d: 'i9KuFhSzEBsiv3PKVL5115OCdsqQai5nj_Flzfkw5jU',
    };
    const bob: PrivateJwk = {
      kty: 'OKP',
      crv: 'X25519',
      x: 'BT7aR0ItXfeDAldeeOlXL_wXqp-j5FltT0vRSG16kRw',
      d: '1gDirl_r_Y3-qUa3WXHgEXrrEHngWThU3c9zj9A2uBg',
    };
    const ze = agree(bob, ephemeral);
    const zs = agree(bob, alice);
    expect(toHex(ze)).toBe('32810896e0fe4d570ed1acfcedf67117dc194ed5daac21d8ff7af3244694897f');
    expect(toHex(zs)).toBe('2157612c9048edfae77cb2e4237140605967c05c7f77a48eeaf2cf29a5737c4a');

    const header =
      '{"alg":"ECDH-1PU+A128KW","enc":"A256CBC-HS512","apu":"QWxpY2U","apv":"Qm9iIGFuZCBDaGFybGll",' +
      '"epk":{"kty":"OKP","crv":"X25519","x":"k9of_cpAajy0poW5gaixXGs9nHkwg1AFqUAFa39dyBc"}}';
    const contentKey = counting(64, 0xc0).reverse();
    const aad = utf8(toBase64url(utf8(header)));
    const { ciphertext, tag } = primitives.encrypt(
      'A256CBC-HS512',
      contentKey,
      counting(16),
      aad,
      utf8('Three is a magic number.'),
    );
    expect(toBase64url(ciphertext)).toBe('Az2IWsISEMDJvyc5XRL-3-d-RgNBOGolCsxFFoUXFYw');
    expect(toBase64url(tag)).toBe('HLb4fTlm8spGmij3RyOs2gJ4DpHM4hhVRwdF_hGb3WQ');

    const z = concatBytes(ze, zs);
    const [apu, apv] = [utf8('Alice'), utf8('Bob and Charlie')];
    expect(toHex(referenceKdf(128, z, 'ECDH-1PU+A128KW', apu, apv, tag))).toBe('df4c37a0668306a11e3d6b0074b5d8df');
    expect(concatKdf256(primitives, [z], kdfOtherInfo('ECDH-1PU+A256KW', apu, apv), tag)).toEqual(
      referenceKdf(256, z, 'ECDH-1PU+A256KW', apu, apv, tag),
    );
  });
});

test('every input has its own place in what is hashed', () => {
  const z = counting(32);
  const [ab, c, a, bc, none] = [utf8('ab'), utf8('c'), utf8('a'), utf8('bc'), utf8('')];
  const keys = [
    concatKdf256(node, [z], kdfOtherInfo('x', ab, c)),
    concatKdf256(node, [z], kdfOtherInfo('x', a, bc)),
    concatKdf256(node, [z], kdfOtherInfo('xa', none, bc)),
    concatKdf256(node, [z], kdfOtherInfo('x', none, utf8('abc'))),
    concatKdf256(node, [z], kdfOtherInfo('x', ab, c), none),
    concatKdf256(node, [z], kdfOtherInfo('x', ab, c), a),
  ];
  expect(new Set(keys.map(toHex)).size).toBe(keys.length);
});
