import { describe, expect, it } from 'vitest';
import { encodeMultibase58 } from '../../../src/crypto/multikey.js';
import { encodePeer2, resolvePeer2 } from '../../../src/did/peer2.js';
import { encodePeer4 } from '../../../src/did/peer4.js';
import {
  bothPrimitives,
  codeOf,
  ED25519_KEY,
  encoded,
  peer2With,
  primitives,
  SPEC_PEER_2,
  SPEC_PEER_3,
  X25519_KEY,
} from './support.js';

const servicesOf = (did: string) => resolvePeer2(primitives, did).service ?? [];
const fragmentsOf = (did: string) => servicesOf(did).map((service) => service.id.slice(did.length));

describe.each(bothPrimitives)('did:peer:2 with $name', (implementation) => {
  it('resolves the example of the specification, with absolute ids', () => {
    const service = (fragment: string, path: string, key: string) => ({
      id: `${SPEC_PEER_2}${fragment}`,
      type: 'DIDCommMessaging',
      serviceEndpoint: {
        uri: `http://example.com/${path}`,
        accept: ['didcomm/v2'],
        routingKeys: [`did:example:123456789abcdefghi#${key}`],
      },
    });
    const method = (fragment: string, publicKeyMultibase: string) => ({
      id: `${SPEC_PEER_2}${fragment}`,
      type: 'Multikey',
      controller: SPEC_PEER_2,
      publicKeyMultibase,
    });
    expect(resolvePeer2(implementation, SPEC_PEER_2)).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
      id: SPEC_PEER_2,
      alsoKnownAs: [SPEC_PEER_3],
      verificationMethod: [
        method('#key-1', 'z6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc'),
        method('#key-2', 'z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR'),
      ],
      authentication: [`${SPEC_PEER_2}#key-1`],
      keyAgreement: [`${SPEC_PEER_2}#key-2`],
      service: [service('#service', 'didcomm', 'key-1'), service('#service-1', 'another', 'key-2')],
    });
  });
});

describe('keys of a did:peer:2', () => {
  it('are numbered in order, services between them not counted', () => {
    const did = `did:peer:2.V${ED25519_KEY}.SW10.A${ED25519_KEY}.I${ED25519_KEY}.D${ED25519_KEY}.E${X25519_KEY}`;
    const document = resolvePeer2(primitives, did);
    expect(document.authentication).toEqual([`${did}#key-1`]);
    expect(document.assertionMethod).toEqual([`${did}#key-2`]);
    expect(document.capabilityInvocation).toEqual([`${did}#key-3`]);
    expect(document.capabilityDelegation).toEqual([`${did}#key-4`]);
    expect(document.keyAgreement).toEqual([`${did}#key-5`]);
  });

  it('of an unknown kind are listed and do not spoil the others', () => {
    const bls =
      'zUC7K4ndUaGZgV7Cp2yJy6JtMoUHY6u7tkcSYUvPrEidqBmLCTLmi6d5WvwnUqejscAkERJ3bfjEiSYtdPkRSE8kSa11hFBr4sTgnbZ95SJj';
    const document = resolvePeer2(primitives, `did:peer:2.A${bls}.V${ED25519_KEY}`);
    expect(document.verificationMethod?.map((method) => method.publicKeyMultibase)).toEqual([bls, ED25519_KEY]);
  });
});

describe('services of a did:peer:2', () => {
  it('without an id are numbered among themselves', () => {
    const dm = { t: 'dm', s: { uri: 'http://example.com' } };
    expect(fragmentsOf(peer2With(dm, { ...dm, id: '#mine' }, dm, dm))).toEqual([
      '#service',
      '#mine',
      '#service-1',
      '#service-2',
    ]);
  });

  it('have names expanded at any depth, values left alone', () => {
    const [service] = servicesOf(
      peer2With({ t: 'dm', s: [{ uri: 'a', a: ['t', 'dm', 's'], r: [], x: { t: 'dm', a: 'r' } }], other: 'dm' }),
    );
    expect(service).toMatchObject({
      type: 'DIDCommMessaging',
      serviceEndpoint: [{ uri: 'a', accept: ['t', 'dm', 's'], routingKeys: [], x: { type: 'dm', accept: 'r' } }],
      other: 'dm',
    });
  });

  // Seen in the wild; see the table of spellings in peer2.ts.
  it.each([
    ['full names', { type: 'DIDCommMessaging', serviceEndpoint: { uri: 'u:1', accept: ['x'], routingKeys: ['k'] } }],
    ['an endpoint of full names', { t: 'dm', s: { uri: 'u:1', accept: ['x'], routingKeys: ['k'] } }],
    ['a text endpoint', { t: 'dm', s: 'u:1', a: ['x'], r: ['k'] }],
    ['a JSON list', [{ t: 'dm', s: { uri: 'u:1', a: ['x'], r: ['k'] } }]],
    ['padded base64', `${encoded({ t: 'dm', s: { uri: 'u:1', a: ['x'], r: ['k'] } })}=`],
    ['spaces in the JSON', 'eyAidCI6ICJkbSIsICJzIjogeyJ1cmkiOiAidToxIiwgImEiOiBbIngiXSwgInIiOiBbImsiXX0gfQ'],
  ])('with %s come out the same', (_, service) => {
    const did = peer2With(service);
    expect(servicesOf(did)).toEqual([
      {
        id: `${did}#service`,
        type: 'DIDCommMessaging',
        serviceEndpoint: { uri: 'u:1', accept: ['x'], routingKeys: ['k'] },
      },
    ]);
  });

  it('in one list are numbered one by one, and an empty list is none', () => {
    const dm = { t: 'dm', s: { uri: 'http://example.com' } };
    expect(fragmentsOf(peer2With([dm, dm], dm))).toEqual(['#service', '#service-1', '#service-2']);
    expect(resolvePeer2(primitives, peer2With('W10')).service).toBeUndefined();
  });

  it('of another type keep their text endpoint', () => {
    const [service] = servicesOf(
      peer2With({ t: 'did-communication', s: 'https://example.com', a: ['didcomm/aip1'], recipientKeys: ['#key-2'] }),
    );
    expect(service).toMatchObject({
      type: 'did-communication',
      serviceEndpoint: 'https://example.com',
      accept: ['didcomm/aip1'],
      recipientKeys: ['#key-2'],
    });
  });

  it('cannot reach the prototype of anything', () => {
    const [service] = servicesOf(peer2With(toElement('{"t":"dm","s":{"uri":"u"},"__proto__":{"polluted":true}}')));
    expect(service?.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(service)).toBe(Object.prototype);
  });
});

describe('a malformed did:peer:2', () => {
  it.each([
    ['without elements', 'did:peer:2'],
    ['of another method', encodePeer4(primitives, {})],
    ['with something before the first element', `did:peer:2x.V${ED25519_KEY}`],
    ['with an empty element', `did:peer:2.V${ED25519_KEY}..E${X25519_KEY}`],
    ['with an unknown purpose', `did:peer:2.X${ED25519_KEY}`],
    ['with a key of 31 bytes', `did:peer:2.V${encodeMultibase58(new Uint8Array(33).fill(0xed, 0, 1).fill(1, 1, 2))}`],
    ['with a key outside base58', `did:peer:2.V${ED25519_KEY}0`],
    ['with an Ed25519 key for agreement', `did:peer:2.E${ED25519_KEY}`],
    ['with an X25519 key for authentication', `did:peer:2.V${X25519_KEY}`],
    ['with a service that is no base64', peer2With('e30*')],
    ['with a service that is no JSON', peer2With('AAAA')],
    ['with a service that is a number', peer2With(7)],
    ['with a service without type', peer2With({ s: { uri: 'u' } })],
    ['with a service without endpoint', peer2With({ t: 'dm' })],
    ['with a service id that is no text', peer2With({ t: 'dm', s: { uri: 'u' }, id: 7 })],
    ['with a member in both spellings', peer2With({ t: 'dm', type: 'other', s: { uri: 'u' } })],
    ['with JSON nested too deep', peer2With(toElement(`{"t":"dm","s":${'['.repeat(40)}${']'.repeat(40)}}`))],
    ['with too many elements', `${peer2With()}${`.V${ED25519_KEY}`.repeat(40)}${'.SW10'.repeat(23)}`],
    ['with too many services in one element', peer2With(Array.from({ length: 65 }, () => ({ t: 'dm', s: 'u' })))],
  ])('%s is refused', (_, did) => {
    expect(codeOf(() => resolvePeer2(primitives, did))).toBe('ERR_DID_MALFORMED');
  });
});

describe('encodePeer2', () => {
  it('writes the example of the specification from full names', () => {
    const service = (path: string, key: string) => ({
      type: 'DIDCommMessaging',
      serviceEndpoint: {
        uri: `http://example.com/${path}`,
        accept: ['didcomm/v2'],
        routingKeys: [`did:example:123456789abcdefghi#${key}`],
      },
    });
    const did = encodePeer2(
      [
        { purpose: 'V', multikey: 'z6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc' },
        { purpose: 'E', multikey: 'z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR' },
      ],
      [service('didcomm', 'key-1'), service('another', 'key-2')],
    );
    expect(did).toBe(SPEC_PEER_2);
  });
});

/** JSON text that JSON.stringify would not write, as an element. */
function toElement(json: string): string {
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
