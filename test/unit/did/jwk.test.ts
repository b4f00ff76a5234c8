import { describe, expect, it } from 'vitest';
import { encodeJwkDid, resolveJwk } from '../../../src/did/jwk.js';
import { bothPrimitives, codeOf, encoded, primitives } from './support.js';

// Both examples of the did:jwk specification.
const P256_JWK = {
  crv: 'P-256',
  kty: 'EC',
  x: 'acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0',
  y: '_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE',
} as const;
const P256_DID =
  'did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi' +
  'LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9';
const X25519_JWK = { kty: 'OKP', crv: 'X25519', use: 'enc', x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' } as const;
const X25519_DID =
  'did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5y' +
  'ZngtRkctSUswOCJ9';
const ED25519_X = 'lJZrfAjkBXdfjebMHEUI9usidAPhAlssitLXR3OYxbI';

const didOf = (jwk: unknown): string => `did:jwk:${encoded(jwk)}`;
const documentOf = (jwk: unknown) => resolveJwk(primitives, didOf(jwk));
const codeFor = (jwk: unknown) => codeOf(() => documentOf(jwk));

describe.each(bothPrimitives)('did:jwk with $name', (implementation) => {
  it('resolves the P-256 example', () => {
    const id = `${P256_DID}#0`;
    expect(resolveJwk(implementation, P256_DID)).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
      id: P256_DID,
      verificationMethod: [{ id, type: 'JsonWebKey2020', controller: P256_DID, publicKeyJwk: P256_JWK }],
      authentication: [id],
      assertionMethod: [id],
      capabilityInvocation: [id],
      capabilityDelegation: [id],
      keyAgreement: [id],
    });
  });

  it('resolves the X25519 example, which has use "enc"', () => {
    const id = `${X25519_DID}#0`;
    expect(resolveJwk(implementation, X25519_DID)).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
      id: X25519_DID,
      verificationMethod: [{ id, type: 'JsonWebKey2020', controller: X25519_DID, publicKeyJwk: X25519_JWK }],
      keyAgreement: [id],
    });
  });
});

describe('did:jwk', () => {
  it.each([
    ['sig', ['authentication', 'assertionMethod', 'capabilityInvocation', 'capabilityDelegation']],
    ['enc', ['keyAgreement']],
  ])('with use %s lists a P-256 key for %s', (use, expected) => {
    const { '@context': _c, id: _i, verificationMethod: _v, ...relationships } = documentOf({ ...P256_JWK, use });
    expect(Object.keys(relationships)).toEqual(expected);
  });

  it('lists a key only for what its curve can do', () => {
    expect(documentOf({ kty: 'OKP', crv: 'Ed25519', x: ED25519_X }).keyAgreement).toBeUndefined();
    expect(documentOf({ ...X25519_JWK, use: undefined }).authentication).toBeUndefined();
  });

  it('has the key id #0 even when the JWK has a kid', () => {
    const document = documentOf({ ...P256_JWK, kid: 'mine' });
    expect(document.verificationMethod?.[0]?.id).toBe(`${document.id}#0`);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('refuses a JWK with the private member %s', (member) => {
    expect(codeFor({ ...P256_JWK, [member]: 'AAAA' })).toBe('ERR_DID_MALFORMED');
  });

  it('does not repeat a private key in the error', () => {
    const did = didOf({ d: 'c2VjcmV0IHNlY3JldCBzZWNyZXQ', ...P256_JWK });
    expect(() => resolveJwk(primitives, did)).toThrow(/^a did:jwk is malformed: it holds the private member "d"$/);
  });

  it.each([
    ['a point off its curve', { ...P256_JWK, y: 'acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0' }],
    ['a missing coordinate', { kty: 'EC', crv: 'P-256', x: P256_JWK.x }],
    ['a list', [P256_JWK]],
    ['a text', 'key'],
  ])('refuses %s', (_, jwk) => {
    expect(codeFor(jwk)).toBe('ERR_DID_MALFORMED');
  });

  it('refuses other spellings of base64', () => {
    expect(codeOf(() => resolveJwk(primitives, `${X25519_DID}=`))).toBe('ERR_DID_MALFORMED');
    expect(codeOf(() => resolveJwk(primitives, X25519_DID.replace(/9$/, '-')))).toBe('ERR_DID_MALFORMED');
  });

  it('says that a key of another kind is unsupported', () => {
    expect(codeFor({ kty: 'RSA', n: 'AQAB', e: 'AQAB' })).toBe('ERR_KEY_UNSUPPORTED');
  });

  it('encodes a key that can only agree with use "enc"', () => {
    const { use: _, ...jwk } = X25519_JWK;
    expect(resolveJwk(primitives, encodeJwkDid(jwk)).verificationMethod?.[0]?.publicKeyJwk).toEqual(X25519_JWK);
    expect(resolveJwk(primitives, encodeJwkDid(P256_JWK)).verificationMethod?.[0]?.publicKeyJwk).toEqual(P256_JWK);
  });
});
