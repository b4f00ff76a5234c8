import { describe, expect, it } from 'vitest';
import type { Primitives } from '../../../src/crypto/primitives.js';
import { createDid } from '../../../src/did/create.js';
import { staticDocuments } from '../../../src/did/document.js';
import { encodePeer4 } from '../../../src/did/peer4.js';
import { createDidResolver, type DidMethod } from '../../../src/did/resolver.js';
import type { ResolveOptions } from '../../../src/envelope/resolvers.js';
import {
  codeOf,
  countingMap,
  ED25519_KEY,
  peer2With,
  primitives,
  rejectionOf,
  SPEC_PEER_2,
  SPEC_PEER_3,
} from './support.js';

const KEY_DID = `did:key:${ED25519_KEY}`;

function resolverWith(options: Partial<Parameters<typeof createDidResolver>[0]> = {}) {
  return createDidResolver({ primitives, longForms: countingMap(), ...options });
}

/** Counts how often a key is decoded, to see whether a document came from the cache. */
function countingPrimitives() {
  const counting: Primitives & { decoded: number } = {
    ...primitives,
    decoded: 0,
    publicKeyFromBytes(curve, bytes) {
      counting.decoded++;
      return primitives.publicKeyFromBytes(curve, bytes);
    },
  };
  return counting;
}

function fragments(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `#ref-${index}`);
}

describe('a DID resolver', () => {
  it.each([
    KEY_DID,
    `did:peer:0${ED25519_KEY}`,
    SPEC_PEER_2,
    createDid(primitives, { method: 'peer4' }).did,
    createDid(primitives, { method: 'jwk' }).did,
  ])('gives the same frozen object each time for %s', async (did) => {
    const resolver = resolverWith();
    const document = await resolver.resolve(did);
    expect(document?.id).toBe(did);
    expect(Object.isFrozen(document)).toBe(true);
    expect(await resolver.resolve(did)).toBe(document);
  });

  it('decodes once for concurrent requests, and writes the long form once', async () => {
    const counting = countingPrimitives();
    const longForms = countingMap();
    const resolver = resolverWith({ primitives: counting, longForms });
    const documents = await Promise.all([1, 2, 3].map(() => resolver.resolve(SPEC_PEER_2)));
    expect(new Set(documents).size).toBe(1);
    expect(counting.decoded).toBe(2);
    expect(longForms.writes).toBe(1);
  });

  it('tries again after a failure', async () => {
    const longForms = countingMap();
    const resolver = resolverWith({ longForms });
    expect(await rejectionOf(resolver.resolve(SPEC_PEER_3))).toBe('ERR_DID_UNAVAILABLE');
    await resolver.resolve(SPEC_PEER_2);
    expect((await resolver.resolve(SPEC_PEER_3))?.id).toBe(SPEC_PEER_3);
  });

  it('keeps no more documents than it may, the one that was not used for longest goes first', async () => {
    const counting = countingPrimitives();
    const resolver = resolverWith({ primitives: counting, cacheEntries: 4 });
    const dids = Array.from({ length: 5 }, () => createDid(primitives, { method: 'key', curve: 'P-256' }).did);
    for (const did of dids) await resolver.resolve(did);
    counting.decoded = 0;
    await resolver.resolve(dids[4] ?? '');
    await resolver.resolve(dids[3] ?? '');
    expect(counting.decoded).toBe(0);
    await resolver.resolve(dids[0] ?? '');
    expect(counting.decoded).toBe(1);
  });

  it.each([
    ['services', peer2With(Array.from({ length: 60 }, () => ({ t: 'dm', s: { uri: 'https://example.com/' } })))],
    ['references', encodePeer4(primitives, { authentication: fragments(64), keyAgreement: fragments(64) })],
  ])('does not keep a document whose many %s would take far more memory than its DID', async (_, did) => {
    const resolver = resolverWith();
    expect(await resolver.resolve(did)).not.toBe(await resolver.resolve(did));
  });

  it.each([
    ['did:example:123', 'ERR_DID_METHOD'],
    ['did:constructor:x', 'ERR_DID_METHOD'],
    ['did:web:example.com', 'ERR_DID_METHOD'],
    ['did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa', 'ERR_DID_METHOD'],
    [SPEC_PEER_3, 'ERR_DID_UNAVAILABLE'],
    ['did:key:6Mk', 'ERR_DID_MALFORMED'],
    ['did:jwk:e30', 'ERR_KEY_UNSUPPORTED'],
    [`${KEY_DID}#${ED25519_KEY}`, 'ERR_DID_MALFORMED'],
    ['not a DID', 'ERR_DID_MALFORMED'],
  ])('says of %s: %s', async (did, code) => {
    expect(await rejectionOf(resolverWith().resolve(did))).toBe(code);
  });
});

describe('methods that are plugged in', () => {
  it('are asked for their own DIDs, with the options, each time', async () => {
    const asked: [string, ResolveOptions][] = [];
    const method: DidMethod = {
      method: 'example',
      async resolve(did, options) {
        asked.push([did, options]);
        return did.endsWith('gone') ? undefined : { id: did };
      },
    };
    const resolver = resolverWith({ methods: [method] });
    const options = { signal: AbortSignal.timeout(1000) };
    expect(await resolver.resolve('did:example:here', options)).toEqual({ id: 'did:example:here' });
    expect(await resolver.resolve('did:example:gone')).toBeUndefined();
    expect(asked).toEqual([
      ['did:example:here', options],
      ['did:example:gone', {}],
    ]);
    expect(await rejectionOf(resolver.resolve('did:example:'))).toBe('ERR_DID_MALFORMED');
    expect(asked).toHaveLength(2);
  });

  it.each([[['key']], [['peer']], [['web', 'web']]])('may not be there twice: %j', (names) => {
    const methods = names.map((method) => ({ method, resolve: async () => undefined }));
    expect(codeOf(() => resolverWith({ methods }))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('documents given by hand', () => {
  it('win over every method and need none', async () => {
    const given = [{ id: KEY_DID }, { id: 'did:example:alice' }];
    const resolver = resolverWith({ documents: staticDocuments(given) });
    expect(await resolver.resolve(KEY_DID)).toEqual({ id: KEY_DID });
    expect(await resolver.resolve('did:example:alice')).toEqual({ id: 'did:example:alice' });
  });
});

describe('canonical', () => {
  const { did: long, document } = createDid(primitives, { method: 'peer4' });
  const short = document.alsoKnownAs?.[0] ?? '';

  it.each([
    [long, short],
    [short, short],
    [SPEC_PEER_2, SPEC_PEER_3],
    [SPEC_PEER_3, SPEC_PEER_3],
    [KEY_DID, KEY_DID],
    [`did:peer:0${ED25519_KEY}`, `did:peer:0${ED25519_KEY}`],
    ['', ''],
    ['did:peer:2.\ud800', 'did:peer:2.\ud800'],
  ])('of %j is %j', (did, expected) => {
    const resolver = resolverWith();
    expect(resolver.canonical(did)).toBe(expected);
    expect(resolver.canonical(did)).toBe(expected);
  });

  it("does not let anybody write somebody else's did:peer:4", () => {
    const forged = `${short}:${createDid(primitives, { method: 'peer4' }).did.split(':')[3]}`;
    expect(resolverWith().canonical(forged)).toBe(forged);
  });

  it('hashes each long form once', () => {
    let hashed = 0;
    const counting: Primitives = {
      ...primitives,
      sha256(data) {
        hashed++;
        return primitives.sha256(data);
      },
    };
    const resolver = resolverWith({ primitives: counting });
    for (let i = 0; i < 3; i++) resolver.canonical(SPEC_PEER_2);
    expect(hashed).toBe(1);
  });
});
