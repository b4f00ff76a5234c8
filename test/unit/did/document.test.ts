import { describe, expect, it } from 'vitest';
import { relationshipsOf, staticDocuments, toDidDocument } from '../../../src/did/document.js';
import { codeOf } from './support.js';

const DID = 'did:example:a';
const METHOD = { id: '#k', type: 'Multikey', controller: DID, publicKeyMultibase: 'z6Mk' };
const SERVICE = { id: '#s', type: 'DIDCommMessaging', serviceEndpoint: { uri: 'https://example.com' } };

describe('toDidDocument', () => {
  it('takes what DID Core allows', () => {
    const document = {
      '@context': 'https://www.w3.org/ns/did/v1',
      id: DID,
      controller: DID,
      alsoKnownAs: ['https://example.com'],
      verificationMethod: [METHOD, { ...METHOD, publicKeyJwk: { kty: 'OKP' } }],
      authentication: ['#k', METHOD],
      keyAgreement: [],
      service: [
        SERVICE,
        { ...SERVICE, type: ['A', 'B'], serviceEndpoint: 'https://example.com' },
        { ...SERVICE, serviceEndpoint: [{ uri: 'https://example.com' }], priority: 1 },
      ],
      proof: { any: 'thing' },
    };
    expect(toDidDocument(structuredClone(document), DID)).toEqual(document);
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['no id', {}],
    ['the id of another', { id: 'did:example:b' }],
    ['alsoKnownAs of numbers', { id: DID, alsoKnownAs: [1] }],
    ['methods that are null', { id: DID, verificationMethod: null }],
    ['a method without controller', { id: DID, verificationMethod: [{ id: '#k', type: 'Multikey' }] }],
    [
      'a method with a multibase key that is no text',
      { id: DID, verificationMethod: [{ ...METHOD, publicKeyMultibase: {} }] },
    ],
    [
      'a method with a base58 key that is no text',
      { id: DID, verificationMethod: [{ ...METHOD, publicKeyBase58: 1 }] },
    ],
    ['a reference that is a number', { id: DID, keyAgreement: [1] }],
    ['an embedded method without type', { id: DID, keyAgreement: [{ id: '#k', controller: DID }] }],
    ['a service without id', { id: DID, service: [{ ...SERVICE, id: undefined }] }],
    ['a service without any type', { id: DID, service: [{ ...SERVICE, type: [] }] }],
    ['a service with a null endpoint', { id: DID, service: [{ ...SERVICE, serviceEndpoint: null }] }],
    ['too many services', { id: DID, service: Array(65).fill(SERVICE) }],
  ])('refuses %s', (_, value) => {
    expect(codeOf(() => toDidDocument(value, DID))).toBe('ERR_DID_DOCUMENT');
  });

  it('freezes all of it', () => {
    const document = toDidDocument({ id: DID, service: [structuredClone(SERVICE)] }, DID);
    expect(() => Object.assign(document, { id: 'did:example:b' })).toThrow(TypeError);
    expect(() => Object.assign(document.service?.[0]?.serviceEndpoint as object, { uri: 'x' })).toThrow(TypeError);
  });
});

describe('staticDocuments', () => {
  it('finds documents by DID and leaves the given objects alone', () => {
    const given = { id: DID };
    const documents = staticDocuments([given, { id: 'did:example:b' }]);
    expect([...documents.keys()]).toEqual([DID, 'did:example:b']);
    expect(documents.get(DID)).toEqual(given);
    expect(Object.isFrozen(given)).toBe(false);
  });

  it.each([
    ['twice the same DID', [{ id: DID }, { id: DID }]],
    ['no id', [{}]],
    ['no object', ['did:example:a']],
    ['a malformed document', [{ id: DID, service: {} }]],
  ])('refuses %s', (_, documents) => {
    expect(codeOf(() => staticDocuments(documents))).toBe('ERR_DID_DOCUMENT');
  });
});

describe('relationshipsOf', () => {
  it.each([
    ['Ed25519', true, false],
    ['X25519', false, true],
    ['P-256', true, true],
    ['P-384', true, true],
    ['P-521', true, true],
    ['secp256k1', true, false],
  ] as const)('%s signs: %s, agrees: %s', (curve, signs, agrees) => {
    expect(relationshipsOf(curve).includes('authentication')).toBe(signs);
    expect(relationshipsOf(curve).includes('keyAgreement')).toBe(agrees);
  });
});
