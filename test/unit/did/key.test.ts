import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.js';
import { encodeMultibase58 } from '../../../src/crypto/multikey.js';
import { resolveKey } from '../../../src/did/key.js';
import { bothPrimitives, codeOf, ED25519_KEY, primitives, X25519_KEY } from './support.js';

// Keys from the test vectors of The did:key Method (w3c-ccg).
const P256 = 'zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169';
const P384 = 'z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9';
const P521 = 'z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7';
const SECP256K1 = 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme';
const RSA_START =
  'z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1w24nhBFGkRE4c';

/** No point of P-256 has this x coordinate. */
const NO_P256_X = 1;

function keyOf(prefix: readonly number[], key: Uint8Array): string {
  return `did:key:${encodeMultibase58(concatBytes(new Uint8Array(prefix), key))}`;
}

describe.each(bothPrimitives)('did:key with $name', (implementation) => {
  it('lists an Ed25519 key for signatures and its X25519 form for agreement', () => {
    const did = `did:key:${ED25519_KEY}`;
    const [signing, agreement] = [`${did}#${ED25519_KEY}`, `${did}#${X25519_KEY}`];
    expect(resolveKey(implementation, did)).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
      id: did,
      verificationMethod: [
        { id: signing, type: 'Multikey', controller: did, publicKeyMultibase: ED25519_KEY },
        { id: agreement, type: 'Multikey', controller: did, publicKeyMultibase: X25519_KEY },
      ],
      authentication: [signing],
      assertionMethod: [signing],
      capabilityInvocation: [signing],
      capabilityDelegation: [signing],
      keyAgreement: [agreement],
    });
  });

  it('lists an X25519 key for agreement only', () => {
    const did = `did:key:${X25519_KEY}`;
    const document = resolveKey(implementation, did);
    expect(document.keyAgreement).toEqual([`${did}#${X25519_KEY}`]);
    expect(document.authentication).toBeUndefined();
    expect(document.assertionMethod).toBeUndefined();
  });

  it.each([P256, P384, P521])('lists the NIST key %s for both', (key) => {
    const did = `did:key:${key}`;
    const document = resolveKey(implementation, did);
    expect(document.verificationMethod).toHaveLength(1);
    expect(document.authentication).toEqual([`${did}#${key}`]);
    expect(document.keyAgreement).toEqual([`${did}#${key}`]);
  });

  it('lists a secp256k1 key for signatures only', () => {
    const document = resolveKey(implementation, `did:key:${SECP256K1}`);
    expect(document.authentication).toEqual([`did:key:${SECP256K1}#${SECP256K1}`]);
    expect(document.keyAgreement).toBeUndefined();
  });
});

describe('did:key', () => {
  it.each([
    ['a letter outside base58', 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvkt0'],
    ['an Ed25519 key of 31 bytes', keyOf([0xed, 0x01], new Uint8Array(31))],
    ['another multibase', 'did:key:u7QEuHwK7bzvNvCoOOvVgCzq0KzEvZJ2MlTbGQB8ZtVU9zg'],
    ['a prefix only', 'did:key:z'],
    ['a version', `did:key:1.1:${ED25519_KEY}`],
    ['a multicodec cut short', keyOf([0xed], new Uint8Array())],
    ['a point with an impossible coordinate', keyOf([0x80, 0x24, 0x02], new Uint8Array(32).fill(0xff))],
    ['a point off the curve', keyOf([0x80, 0x24, 0x02], new Uint8Array(32).fill(NO_P256_X, 31))],
  ])('refuses %s', (_, did) => {
    expect(codeOf(() => resolveKey(primitives, did))).toBe('ERR_DID_MALFORMED');
  });

  it('says that a key of another kind is unsupported, not malformed', () => {
    expect(codeOf(() => resolveKey(primitives, `did:key:${RSA_START}`))).toBe('ERR_KEY_UNSUPPORTED');
  });
});
