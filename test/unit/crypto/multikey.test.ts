import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.js';
import { decodeMultibase58, decodeMultikey, encodeMultibase58, encodeMultikey } from '../../../src/crypto/multikey.js';
import { CURVES, codeOf, counting, failureOf, hex, IMPLEMENTATIONS, node } from './support.js';

describe.each(IMPLEMENTATIONS)('multikeys: $name', (primitives) => {
  const decode = (text: string) => decodeMultikey(primitives, text);

  // Examples of The did:key Method, 1.0.
  test.each([
    ['Ed25519', 'z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'],
    ['X25519', 'z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc'],
    ['secp256k1', 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'],
    ['P-256', 'zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169'],
    ['P-384', 'z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9'],
    ['P-521', 'z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7'],
  ])('%s in both directions', (curve, text) => {
    const jwk = decode(text);
    expect(jwk.crv).toBe(curve);
    expect(encodeMultikey(primitives, jwk)).toBe(text);
  });

  test('the published JWK of a P-256 did:key', () => {
    expect(decode('zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169')).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: 'fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI',
      y: 'hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU',
    });
  });

  test('the X25519 key of an Ed25519 key', () => {
    const x25519 = primitives.ed25519ToX25519(decode('z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'));
    expect(encodeMultikey(primitives, x25519)).toBe('z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc');
  });

  test.each(CURVES)('a fresh %s key survives, without its private part', (curve) => {
    const key = primitives.generateKey(curve);
    const { d, ...publicJwk } = key;
    expect(decode(encodeMultikey(primitives, key))).toEqual(publicJwk);
  });

  test('uncompressed points are refused, although they are points', () => {
    const text = 'zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169';
    const { x, y } = { y: '', ...decode(text) };
    const point = concatBytes(hex('80 24 04'), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
    expect(failureOf(() => decode(encodeMultibase58(point)))).toEqual({
      code: 'ERR_KEY_INVALID',
      message: 'a multikey has 65 key bytes, P-256 needs 33',
    });
  });

  test.each([
    ['no text', '', 'ERR_MULTIBASE'],
    ['another multibase', 'mEiAk', 'ERR_MULTIBASE'],
    ['no multicodec', 'z', 'ERR_MULTIBASE'],
    ['a character outside base58', 'z6Mk0', 'ERR_MULTIBASE'],
    ['a character outside ASCII', 'z6Mk\u{1f511}', 'ERR_MULTIBASE'],
    ['a cut multicodec', encodeMultibase58(hex('ed')), 'ERR_MULTIBASE'],
    ['a multicodec in two spellings', encodeMultibase58(concatBytes(hex('ed8100'), counting(32))), 'ERR_MULTIBASE'],
    ['a multicodec of five bytes', encodeMultibase58(hex('ffffffff01')), 'ERR_MULTIBASE'],
    ['a private Ed25519 key', encodeMultibase58(concatBytes(hex('8026'), counting(32))), 'ERR_KEY_UNSUPPORTED'],
    ['more characters than any key has', `z${'1'.repeat(100_000)}`, 'ERR_KEY_UNSUPPORTED'],
    ['31 bytes of X25519', encodeMultibase58(concatBytes(hex('ec01'), counting(31))), 'ERR_KEY_INVALID'],
    ['33 bytes of Ed25519', encodeMultibase58(concatBytes(hex('ed01'), counting(33))), 'ERR_KEY_INVALID'],
    ['a P-256 x beyond the field', encodeMultibase58(hex(`802402${'ff'.repeat(32)}`)), 'ERR_KEY_INVALID'],
    ['the point at infinity', encodeMultibase58(hex('802400')), 'ERR_KEY_INVALID'],
  ])('refused: %s', (_, text, code) => {
    expect(codeOf(() => decode(text))).toBe(code);
  });
});

test('what is refused is not quoted, because it may be a private key', () => {
  const secret = encodeMultibase58(concatBytes(hex('8026'), counting(32)));
  const { message } = failureOf(() => decodeMultikey(node, secret, 'the key of a device'));
  expect(message).toBe('the key of a device has multicodec 0x1300, no supported key');
  expect(failureOf(() => decodeMultikey(node, `${secret}0`)).message).not.toContain(secret.slice(0, 8));
});

describe('multibase base58btc', () => {
  test('keeps leading zero bytes', () => {
    const bytes = hex('0000ff');
    expect(encodeMultibase58(bytes)).toBe(`z${base58.encode(bytes)}`);
    expect(decodeMultibase58(encodeMultibase58(bytes), 10)).toEqual(bytes);
  });

  test('has a limit that is checked before the text is looked at', () => {
    const text = encodeMultibase58(counting(32));
    expect(decodeMultibase58(text, text.length)).toEqual(counting(32));
    expect(failureOf(() => decodeMultibase58('?'.repeat(65), 64, 'a document'))).toEqual({
      code: 'ERR_TOO_LARGE',
      message: 'a document has 65 characters, the limit is 64',
    });
  });
});
