import { WaypostError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import { encodeMultikey } from '../../src/crypto/multikey.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { createDid, type DidSecret } from '../../src/did/create.js';
import { staticDocuments } from '../../src/did/document.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { createEnvelopes, type Envelopes } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import type { DidResolver } from '../../src/envelope/resolvers.js';
import { Forge } from './forge.js';
import { documentParty, type Party, peer2Party } from './interop-parties.js';

/** Somebody in a test, whose keys are found by the curve. */
export interface Person extends Party {
  /** The first key agreement key of the curve, or the `nth` one, counted from 1. */
  agreement(curve?: string, nth?: number): DidSecret;
  signature(curve?: string): DidSecret;
}

/**
 * Who plays in the tests of envelopes. Alice sends, Bob receives, Mallory does what she should not. Bob has two
 * X25519 keys, but the second one belongs to his other device.
 */
export interface Cast {
  readonly alice: Person;
  readonly bob: Person;
  readonly mallory: Person;
  /** Keys that their document lists, but that are no good: see `brokenDocument`. */
  readonly broken: {
    readonly did: string;
    readonly lowOrder: string;
    readonly offCurve: string;
    readonly sign: string;
  };
  /** did:peer:4, in the long form, with its short form. Bob's receiver holds the keys of this one and the next. */
  readonly peer4: Person & { readonly short: string };
  /** Another did:peer:4, which nobody has seen yet. */
  readonly otherPeer4: Person & { readonly short: string };
  /** did:peer:2, with its did:peer:3 and the multibase values by which older software names its keys. */
  readonly peer2: Person & { readonly short: string; readonly agreementValue: string; readonly signatureValue: string };
  readonly forge: Forge;
  readonly resolver: DidResolver;
  /** Envelopes of Bob. */
  readonly receiver: Envelopes;
  /** Envelopes of Alice. */
  readonly sender: Envelopes;
  /** A message from Alice to Bob; `headers` replace its own, undefined removes one. */
  message(headers?: JsonObject): JsonObject;
}

export async function createCast(primitives: Primitives): Promise<Cast> {
  const signature = ['Ed25519', 'P-256', 'secp256k1'] as const;
  const stranger = { agreement: ['X25519', 'P-256', 'P-384', 'P-521'], signature } as const;
  const alice = documentParty(primitives, 'did:example:alice', stranger);
  const mallory = documentParty(primitives, 'did:example:mallory', stranger);
  const bob = documentParty(primitives, 'did:example:bob', {
    agreement: ['X25519', 'X25519', 'P-256', 'P-384', 'P-521'],
    signature: ['Ed25519'],
  });
  const otherDevice = person(bob).agreement('X25519', 2);
  const peer4 = peer4Person(primitives);
  const peer2 = peer2Party(primitives, { agreement: ['X25519'], signature: ['Ed25519'] });
  const broken = brokenDocument('did:example:broken');

  const resolver = createDidResolver({
    primitives,
    longForms: createMemoryMap(100),
    documents: staticDocuments([alice.document, bob.document, mallory.document, broken]),
    methods: [
      { method: 'gone', resolve: async () => undefined },
      { method: 'away', resolve: () => Promise.reject(new WaypostError('ERR_DID_UNAVAILABLE', 'the network is away')) },
    ],
  });
  for (const { did } of [peer4, peer2]) await resolver.resolve(did); // their short forms are known from here on
  const envelopesOf = (keys: readonly DidSecret[]): Envelopes => {
    const secrets = createLocalSecrets({ primitives, keys, canonical: (did) => resolver.canonical(did) });
    return createEnvelopes({ primitives, resolver, secrets });
  };
  const peer2Person = person(peer2);
  return {
    alice: person(alice),
    bob: person(bob),
    mallory: person(mallory),
    broken: {
      did: broken.id,
      lowOrder: `${broken.id}#low-order`,
      offCurve: `${broken.id}#off-curve`,
      sign: `${broken.id}#low-order-ed25519`,
    },
    peer4,
    otherPeer4: peer4Person(primitives),
    peer2: {
      ...peer2Person,
      short: resolver.canonical(peer2.did),
      agreementValue: encodeMultikey(primitives, peer2Person.agreement()),
      signatureValue: encodeMultikey(primitives, peer2Person.signature()),
    },
    forge: new Forge(primitives),
    resolver,
    receiver: envelopesOf([...bob.secrets.filter((key) => key !== otherDevice), ...peer4.secrets, ...peer2.secrets]),
    sender: envelopesOf([...alice.secrets, ...peer4.secrets, ...peer2.secrets]),
    message: (headers = {}) => ({
      typ: 'application/didcomm-plain+json',
      id: '1',
      type: 'https://example.org/test/1.0/ping',
      from: alice.did,
      to: [bob.did],
      body: {},
      ...headers,
    }),
  };
}

function person(party: Party): Person {
  const find = (keys: readonly DidSecret[], curve: string, nth = 1): DidSecret => {
    const key = keys.filter((candidate) => candidate.crv === curve)[nth - 1];
    if (key === undefined) throw new Error(`${party.did} has no ${curve} key number ${nth}`);
    return key;
  };
  return {
    ...party,
    agreement: (curve = 'X25519', nth = 1) => find(party.agreementKeys, curve, nth),
    signature: (curve = 'Ed25519') => find(party.signatureKeys, curve),
  };
}

function peer4Person(primitives: Primitives): Cast['peer4'] {
  const { did, document, secrets } = createDid(primitives, { method: 'peer4' });
  const party = { did, secrets, agreementKeys: secrets.slice(0, 1), signatureKeys: secrets.slice(1) };
  return { ...person(party), short: String(document.alsoKnownAs?.[0]) };
}

/** A document whose keys look well but are points of low order (zero and one), or no point of their curve. */
function brokenDocument(did: string) {
  const zero = 'A'.repeat(43);
  const method = (name: string, publicKeyJwk: JsonObject) => ({
    id: `${did}#${name}`,
    type: 'JsonWebKey2020',
    controller: did,
    publicKeyJwk,
  });
  return {
    id: did,
    keyAgreement: [
      method('low-order', { kty: 'OKP', crv: 'X25519', x: zero }),
      method('off-curve', { kty: 'EC', crv: 'P-256', x: zero, y: zero }),
    ],
    authentication: [method('low-order-ed25519', { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` })],
  };
}
