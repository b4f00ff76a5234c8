import type { IMessage } from 'didcomm-node';
import { describe, expect, it } from 'vitest';
import type { SignatureCurve } from '../../src/crypto/jwk.js';
import { createNoblePrimitives } from '../../src/crypto/noble.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Layer } from '../../src/envelope/layers.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { createDidcommNode, ENC_ALG_ANON } from '../support/interop-didcomm-node.js';
import {
  agreementKeyIds,
  documentParty,
  envelopesFor,
  oneKeyParty,
  type Party,
  peer2Party,
  resolverFor,
  signatureKeyId,
} from '../support/interop-parties.js';
import { ACCEPTED_SHAPES, algorithmOf, EMITTED_SHAPES, packOptionsOf, type Shape } from '../support/interop-shapes.js';

/*
 * Every combination of envelopes that didcomm-node 0.4.1 supports, in both directions, with every kind of DID: what one
 * packs the other opens, and both say the same of it.
 */

const ALL_SIGNATURES: readonly SignatureCurve[] = ['Ed25519', 'P-256', 'secp256k1'];

type MakeParty = (primitives: Primitives, name: string) => Party;

const PARTIES: Readonly<Record<string, MakeParty>> = {
  'did:peer:2 with X25519': (primitives) => peer2Party(primitives, { agreement: ['X25519'], signature: ['Ed25519'] }),
  'did:peer:2 with P-256': (primitives) => peer2Party(primitives, { agreement: ['P-256'], signature: ALL_SIGNATURES }),
  'did:peer:2 with three X25519 keys': (primitives) =>
    peer2Party(primitives, { agreement: ['X25519', 'X25519', 'X25519'], signature: ['Ed25519'] }),
  'did:key of an Ed25519 key': (primitives) => oneKeyParty(primitives, 'key', 'Ed25519'),
  'did:key of a P-256 key': (primitives) => oneKeyParty(primitives, 'key', 'P-256'),
  'did:jwk of a P-256 key': (primitives) => oneKeyParty(primitives, 'jwk', 'P-256'),
  'a document with X25519': (primitives, name) =>
    documentParty(primitives, `did:example:${name}`, { agreement: ['X25519'], signature: ALL_SIGNATURES }),
  'a document with two P-256 keys': (primitives, name) =>
    documentParty(primitives, `did:example:${name}`, { agreement: ['P-256', 'P-256'], signature: ALL_SIGNATURES }),
};

/** The readable primitives are slow and have tests of their own: here they only prove that they interoperate too. */
const PARTIES_WITH_NOBLE = ['did:peer:2 with X25519', 'a document with two P-256 keys'];

const suites = [
  { primitives: createNodePrimitives(), kinds: Object.keys(PARTIES) },
  { primitives: createNoblePrimitives(), kinds: PARTIES_WITH_NOBLE },
].flatMap(({ primitives, kinds }) => kinds.map((kind) => ({ primitives, kind, name: primitives.name })));

describe.each(suites)('$kind, with $name primitives', ({ primitives, kind }) => {
  const make = PARTIES[kind] as MakeParty;
  const alice = make(primitives, 'alice');
  const bob = make(primitives, 'bob');
  const resolver = resolverFor(primitives, [alice, bob]);
  const waypost = {
    alice: envelopesFor(primitives, resolver, alice.secrets),
    bob: envelopesFor(primitives, resolver, bob.secrets),
  };
  const didcommNode = {
    alice: createDidcommNode(primitives, resolver, alice.secrets),
    bob: createDidcommNode(primitives, resolver, bob.secrets),
  };
  const canSign = ({ signature }: Shape) => signature === undefined || signatureKeyId(alice, signature) !== undefined;
  const message = richMessage(alice.did, bob.did);

  it.each(EMITTED_SHAPES.filter(canSign))('waypost to didcomm-node: $name', async (shape) => {
    const signBy = shape.signature && signatureKeyId(alice, shape.signature);
    const [envelope] = await waypost.alice.pack(message, packOptionsOf(shape, alice.did, signBy, bob.did));
    const received = await didcommNode.bob.unpack(envelope?.packed ?? '');
    expect(received.message).toEqual(message);
    expect(received.metadata).toMatchObject(expectedMetadata(shape, alice, bob));
  });

  it.each([...EMITTED_SHAPES, ...ACCEPTED_SHAPES].filter(canSign))('didcomm-node to waypost: $name', async (shape) => {
    const received = await waypost.bob.unpack(await packWithDidcommNode(shape));
    expect(received.message).toEqual(message);
    expect(received).toMatchObject(expectedUnpacked(shape, alice, bob));
    expect(received.layers.map(summary)).toEqual(expectedLayers(shape, alice, bob));
    expect(received.warnings).toEqual([]);
  });

  function packWithDidcommNode(shape: Shape): Promise<string> {
    const signBy = shape.signature && signatureKeyId(alice, shape.signature);
    if (shape.encryption === 'none') {
      return signBy === undefined
        ? didcommNode.alice.packPlain(message)
        : didcommNode.alice.packSigned(message, signBy);
    }
    return didcommNode.alice.packEncrypted(message, {
      to: bob.did,
      ...(shape.encryption === 'auth' ? { from: alice.did } : {}),
      ...(signBy === undefined ? {} : { signBy }),
      ...(shape.enc === undefined ? {} : { enc: shape.enc }),
      hideSender: shape.hideSender ?? false,
    });
  }
});

/** A message with every header that the specification names, and one that it does not. */
function richMessage(from: string, to: string): PlaintextMessage & IMessage {
  return {
    id: '0123456789abcdef0123456789abcdef',
    typ: 'application/didcomm-plain+json',
    type: 'https://example.org/lunch/1.0/proposal',
    from,
    to: [to],
    thid: 'a-thread',
    pthid: 'its-parent',
    created_time: 1_516_269_022,
    expires_time: 1_516_385_931,
    please_ack: [''],
    return_route: 'all',
    lang: 'de',
    'x-number': -1.5e-7,
    body: { text: 'Grüße, 世界 \u{1f33b} \u0000 "\\', nested: { list: [1, true, null, { deep: [] }] }, empty: '' },
    attachments: [
      { id: 'one', media_type: 'application/json', byte_count: 9, data: { json: { a: [1] } } },
      { id: 'two', filename: 'two.bin', lastmod_time: 1_516_269_000, data: { base64: 'AAEC_w' } },
      { id: 'three', description: 'elsewhere', data: { links: ['https://example.org/3'], hash: 'zQmHash' } },
    ],
  };
}

/** What didcomm-node must say of a message in this shape from alice to bob. */
function expectedMetadata(shape: Shape, alice: Party, bob: Party) {
  const isAuth = shape.encryption === 'auth';
  const hasAnon = shape.encryption === 'anon' || shape.hideSender === true;
  const signature = shape.signature;
  return {
    encrypted: shape.encryption !== 'none',
    authenticated: isAuth || signature !== undefined,
    non_repudiation: signature !== undefined,
    anonymous_sender: hasAnon,
    encrypted_from_kid: isAuth ? agreementKeyIds(alice)[0] : null,
    encrypted_to_kids: shape.encryption === 'none' ? null : agreementKeyIds(bob),
    sign_from: signature === undefined ? null : signatureKeyId(alice, signature),
    sign_alg: signature === undefined ? null : algorithmOf(signature),
    enc_alg_auth: isAuth ? 'A256cbcHs512Ecdh1puA256kw' : null,
    enc_alg_anon: hasAnon ? ENC_ALG_ANON[shape.enc ?? 'A256CBC-HS512'] : null,
  };
}

function expectedUnpacked(shape: Shape, alice: Party, bob: Party) {
  const isAuth = shape.encryption === 'auth';
  const isProven = isAuth || shape.signature !== undefined;
  return {
    encrypted: shape.encryption !== 'none',
    authenticated: isProven,
    nonRepudiable: shape.signature !== undefined,
    anonymous: shape.encryption === 'anon' || shape.hideSender === true,
    from: isProven ? alice.did : null,
    recipientKeyIds: shape.encryption === 'none' ? [] : agreementKeyIds(bob),
    senderKeyId: isAuth ? agreementKeyIds(alice)[0] : null,
    signerKeyId: shape.signature === undefined ? null : signatureKeyId(alice, shape.signature),
    rotation: null,
    expiresTime: 1_516_385_931,
  };
}

function expectedLayers(shape: Shape, alice: Party, bob: Party) {
  const openedBy = agreementKeyIds(bob)[0];
  const layers: unknown[] = [];
  if (shape.encryption === 'anon' || shape.hideSender === true) {
    layers.push(['anoncrypt', shape.enc, openedBy]);
  }
  if (shape.encryption === 'auth') layers.push(['authcrypt', 'A256CBC-HS512', openedBy]);
  if (shape.signature !== undefined) {
    layers.push(['signed', algorithmOf(shape.signature), signatureKeyId(alice, shape.signature)]);
  }
  return layers;
}

function summary(layer: Layer): unknown[] {
  if (layer.kind !== 'signed') return [layer.kind, layer.enc, layer.openedBy];
  return [layer.kind, layer.signers[0]?.algorithm, layer.signers[0]?.keyId];
}
