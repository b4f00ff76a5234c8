import { describe, expect, it } from 'vitest';
import { resolveKey } from '../../../src/did/key.js';
import { LongForms } from '../../../src/did/long-forms.js';
import { resolvePeer } from '../../../src/did/peer.js';
import { encodePeer4 } from '../../../src/did/peer4.js';
import { shortFormOf, splitPeer4 } from '../../../src/did/short-form.js';
import {
  countingMap,
  ED25519_KEY,
  peer2With,
  primitives,
  rejectionOf,
  SPEC_PEER_2,
  SPEC_PEER_3,
  X25519_KEY,
} from './support.js';

const LONG_4 = encodePeer4(primitives, {
  verificationMethod: [{ id: '#k', type: 'Multikey', publicKeyMultibase: ED25519_KEY }],
});
const SHORT_4 = splitPeer4(LONG_4)?.short ?? '';

function setUp(map = countingMap()) {
  const longForms = new LongForms(primitives, map);
  return { map, resolve: (did: string) => resolvePeer(primitives, longForms, did) };
}

describe('did:peer by method', () => {
  it('0 is a did:key under another name', async () => {
    const did = `did:peer:0${ED25519_KEY}`;
    const expected = JSON.stringify(resolveKey(primitives, `did:key:${ED25519_KEY}`)).replaceAll(
      'did:key:',
      'did:peer:0',
    );
    expect(await setUp().resolve(did)).toEqual(JSON.parse(expected));
  });

  it.each([
    ['1', 'did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa'],
    ['5', 'did:peer:5zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa'],
  ])('%s is not supported', async (_, did) => {
    expect(await rejectionOf(setUp().resolve(did))).toBe('ERR_DID_METHOD');
  });

  it.each([
    ['a broken 0', `did:peer:0${X25519_KEY.slice(1)}`],
    ['a 3 of bad base58', 'did:peer:3zQmS19jtYDvGtKVrJhQnRFpBQAx3pJ9omx2HpNrcXFuRC0O'],
    ['a 3 of another multihash', `did:peer:3${ED25519_KEY}`],
    ['a 3 that is too long', `${SPEC_PEER_3}${SPEC_PEER_3.slice(-20)}`],
    ['a short 4 of another multihash', `did:peer:4${ED25519_KEY}`],
  ])('%s is malformed, which no long form can mend', async (_, did) => {
    expect(await rejectionOf(setUp().resolve(did))).toBe('ERR_DID_MALFORMED');
  });
});

describe.each([
  ['did:peer:3', SPEC_PEER_2, SPEC_PEER_3],
  ['short did:peer:4', LONG_4, SHORT_4],
])('%s', (_, long, short) => {
  it('cannot be resolved before its long form was seen', async () => {
    await expect(setUp().resolve(short)).rejects.toMatchObject({ code: 'ERR_DID_UNAVAILABLE', retryable: true });
  });

  it('can be after a restart, and has its own ids', async () => {
    const { map, resolve } = setUp();
    const first = await resolve(long);
    const document = await setUp(map).resolve(short);
    expect(first.alsoKnownAs).toEqual([short]);
    expect(document).toMatchObject({ id: short, alsoKnownAs: [long] });
    expect(document.verificationMethod?.map((method) => method.id.startsWith(`${short}#`))).not.toContain(false);
    expect(document.verificationMethod?.map((method) => method.controller === short)).not.toContain(false);
    expect(document.verificationMethod?.map((method) => method.publicKeyMultibase)).toEqual(
      first.verificationMethod?.map((method) => method.publicKeyMultibase),
    );
  });

  it('is written once, also over restarts', async () => {
    const { map, resolve } = setUp();
    await resolve(long);
    await resolve(long);
    await setUp(map).resolve(long);
    expect(map.writes).toBe(1);
    expect([...map.entries]).toEqual([[short, long]]);
  });

  it('is unavailable when what was kept is damaged, and mended by the next long form', async () => {
    const { map, resolve } = setUp();
    map.entries.set(short, peer2With());
    expect(await rejectionOf(resolve(short))).toBe('ERR_DID_UNAVAILABLE');
    await resolve(long);
    expect((await resolve(short)).id).toBe(short);
  });

  it('is not resolved from a long form that could not be kept', async () => {
    const failing = { ...countingMap(), set: () => Promise.reject(new Error('disk full')) };
    await expect(setUp(failing).resolve(long)).rejects.toThrow('disk full');
  });
});

describe('long forms', () => {
  it('are not remembered when they are malformed', async () => {
    const { map, resolve } = setUp();
    expect(await rejectionOf(resolve(`did:peer:2.V${X25519_KEY}`))).toBe('ERR_DID_MALFORMED');
    expect(await rejectionOf(resolve(encodePeer4(primitives, { verificationMethod: {} })))).toBe('ERR_DID_MALFORMED');
    expect(await rejectionOf(resolve(`${SHORT_4}:${LONG_4.slice(-60)}`))).toBe('ERR_DID_MALFORMED');
    expect(map.writes).toBe(0);
  });
});

describe('shortFormOf', () => {
  it.each([
    [SPEC_PEER_2, SPEC_PEER_3],
    [LONG_4, SHORT_4],
    [SPEC_PEER_3, undefined],
    [SHORT_4, undefined],
    [`${LONG_4}2`, undefined],
    [`${SPEC_PEER_2}#key-1`, undefined],
    ['did:peer:2', undefined],
    ['did:key:z6Mk', undefined],
    ['', undefined],
  ])('of %s is %s', (did, expected) => {
    expect(shortFormOf(primitives, did)).toBe(expected);
  });
});
