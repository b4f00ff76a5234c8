import { describe, expect, it } from 'vitest';
import { AGREEMENT_CURVES, type Curve, type PublicJwk, toPublicJwk } from '../../../src/crypto/jwk.js';
import { decodeMultikey } from '../../../src/crypto/multikey.js';
import { type CreateDidOptions, type CreatedDid, createDid } from '../../../src/did/create.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import type { VerificationMethod } from '../../../src/envelope/resolvers.js';
import { bothPrimitives, codeOf, countingMap, primitives } from './support.js';

const CURVES: readonly Curve[] = ['Ed25519', 'X25519', 'P-256', 'P-384', 'P-521', 'secp256k1'];
const EVERY: readonly CreateDidOptions[] = [
  { method: 'key' },
  { method: 'jwk' },
  { method: 'peer2' },
  { method: 'peer4' },
  ...CURVES.map((curve) => ({ method: 'key', curve }) as const),
  ...CURVES.map((curve) => ({ method: 'jwk', curve }) as const),
  ...AGREEMENT_CURVES.map((curve) => ({ method: 'peer2', curve }) as const),
  ...AGREEMENT_CURVES.map((curve) => ({ method: 'peer4', curve }) as const),
];

const FULL = {
  type: 'DIDCommMessaging',
  serviceEndpoint: { uri: 'https://example.com', accept: ['didcomm/v2'], routingKeys: ['did:example:m#k'] },
};
const SHORT = { t: 'dm', s: { uri: 'https://example.com', a: ['didcomm/v2'], r: ['did:example:m#k'] } };

function keyOf(method: VerificationMethod): PublicJwk {
  return method.publicKeyMultibase === undefined
    ? toPublicJwk(method.publicKeyJwk)
    : decodeMultikey(primitives, method.publicKeyMultibase);
}

/** What another implementation, which knows only the DID, makes of it. */
function resolveElsewhere(did: string) {
  return createDidResolver({ primitives, longForms: countingMap() }).resolve(did);
}

const curvesOf = (created: CreatedDid) => created.secrets.map((secret) => secret.crv);

describe.each(bothPrimitives)('createDid with $name', (implementation) => {
  it.each(EVERY)('%j: everybody resolves the document, the private keys are those of its key ids', async (options) => {
    const { did, document, secrets } = createDid(implementation, options);
    expect(await resolveElsewhere(did)).toEqual(document);
    expect(secrets.map((secret) => secret.kid)).toEqual(document.verificationMethod?.map((method) => method.id));
    const publicKeys = document.verificationMethod?.map(keyOf);
    expect(secrets.map((secret) => primitives.importPrivateKey(secret).publicJwk)).toEqual(publicKeys);
  });
});

describe('createDid', () => {
  it('chooses curves that can both sign and agree', () => {
    expect(curvesOf(createDid(primitives, { method: 'key' }))).toEqual(['Ed25519', 'X25519']);
    expect(curvesOf(createDid(primitives, { method: 'jwk' }))).toEqual(['P-256']);
    expect(curvesOf(createDid(primitives, { method: 'peer2' }))).toEqual(['X25519', 'Ed25519']);
    expect(curvesOf(createDid(primitives, { method: 'peer4', curve: 'P-384' }))).toEqual(['P-384', 'Ed25519']);
  });

  it('makes new keys each time', () => {
    const dids = [1, 2].map(() => createDid(primitives, { method: 'peer2' }).did);
    expect(dids[0]).not.toBe(dids[1]);
  });

  it.each(['peer2', 'peer4'] as const)('%s: takes services in both spellings and numbers them', (method) => {
    const services = [FULL, { ...FULL, id: '#mine' }, SHORT];
    const { did, document } = createDid(primitives, { method, services });
    expect(document.service).toEqual([
      { ...FULL, id: `${did}#service` },
      { ...FULL, id: `${did}#mine` },
      { ...FULL, id: `${did}#service-1` },
    ]);
  });

  it('names the short form of a did:peer:4', async () => {
    const { did, document, secrets } = createDid(primitives, { method: 'peer4' });
    const [short] = document.alsoKnownAs ?? [];
    expect(short).toMatch(/^did:peer:4zQm[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(did.startsWith(`${short}:z`)).toBe(true);
    expect(secrets[0]?.kid).toBe(`${did}#key-1`);
    expect(document.service).toBeUndefined();
  });

  it.each([
    ['no object', 'https://example.com'],
    ['no type', { serviceEndpoint: { uri: 'u' } }],
    ['no endpoint', { type: 'DIDCommMessaging' }],
    ['an absolute id', { ...FULL, id: 'did:example:a#service' }],
    ['an id that is no text', { ...FULL, id: 1 }],
    ['two spellings of one member', { ...FULL, t: 'dm' }],
  ])('refuses a service with %s', (_, service) => {
    for (const method of ['peer2', 'peer4'] as const) {
      expect(codeOf(() => createDid(primitives, { method, services: [service] }))).toBe('ERR_INVALID_ARGUMENT');
    }
  });

  it('refuses services that make the DID too long', () => {
    const services = [{ ...FULL, serviceEndpoint: { uri: `https://example.com/${'x'.repeat(13_000)}` } }];
    for (const method of ['peer2', 'peer4'] as const) {
      expect(codeOf(() => createDid(primitives, { method, services }))).toBe('ERR_TOO_LARGE');
    }
  });
});
