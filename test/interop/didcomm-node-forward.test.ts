import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { CONTENT_ENCRYPTION, type ContentEncryption } from '../../src/crypto/primitives.js';
import { attachmentBytes } from '../../src/envelope/attachment.js';
import type { Envelopes } from '../../src/envelope/envelopes.js';
import { FORWARD_TYPE } from '../../src/envelope/forward.js';
import { findRoutes } from '../../src/envelope/route.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import { envelopesFor, oneKeyParty, type Party, peer2Party, resolverFor } from '../support/interop-parties.js';

/* A message on its way through mediators: wrapped by one implementation, unwrapped hop by hop by the other. */

const primitives = createNodePrimitives();
const KEYS = { agreement: ['X25519'], signature: ['Ed25519'] } as const;

const outer = peer2Party(primitives, KEYS, [
  { type: 'DIDCommMessaging', serviceEndpoint: { uri: 'https://mediator.example/didcomm', accept: ['didcomm/v2'] } },
]);
const inner = oneKeyParty(primitives, 'key', 'Ed25519');
const alice = peer2Party(primitives, KEYS);
const resolver = resolverFor(primitives, []);

function behind(uri: string, routingKeys: readonly string[]): Party {
  const serviceEndpoint = { uri, accept: ['didcomm/v2'], routingKeys };
  return peer2Party(primitives, KEYS, [{ type: 'DIDCommMessaging', serviceEndpoint }]);
}

const RECIPIENTS: readonly { name: string; bob: Party; mediators: readonly Party[] }[] = [
  { name: 'one mediator', bob: behind('https://mediator.example/', [outer.did]), mediators: [outer] },
  {
    name: 'two mediators',
    bob: behind('https://mediator.example/', [outer.did, inner.did]),
    mediators: [outer, inner],
  },
  { name: 'a mediator whose DID is the endpoint', bob: behind(outer.did, []), mediators: [outer] },
  { name: 'such a mediator and a second one', bob: behind(outer.did, [inner.did]), mediators: [outer, inner] },
];

describe.each(RECIPIENTS)('$name', ({ bob, mediators }) => {
  const message = {
    id: '1',
    typ: 'application/didcomm-plain+json',
    type: 'https://example.org/1.0/x',
    from: alice.did,
    to: [bob.did],
    body: { text: 'über zwei Ecken' },
  };

  it('waypost wraps, didcomm-node mediates and opens', async () => {
    const waypost = envelopesFor(primitives, resolver, alice.secrets);
    const [route] = await findRoutes(resolver, bob.did);
    const [envelope] = await waypost.pack(message, { mode: 'auth', from: alice.did, to: [bob.did] });
    const routingKeys = route?.routingKeys ?? [];
    let travelling = await waypost.wrapForward(envelope?.packed ?? '', { next: bob.did, routingKeys });
    const hops: string[] = [];
    for (const mediator of mediators) {
      const hop = await createDidcommNode(primitives, resolver, mediator.secrets).unwrapForward(travelling);
      hops.push(hop.next);
      travelling = hop.packed;
    }
    expect(hops).toEqual([...mediators.slice(1), bob].map((party) => party.did));
    const received = await createDidcommNode(primitives, resolver, bob.secrets).unpack(travelling);
    expect(received.message).toEqual(message);
    expect(received.metadata.encrypted_from_kid).toBe(alice.agreementKeys[0]?.kid);
  });

  it('didcomm-node wraps, waypost mediates and opens', async () => {
    const didcommNode = createDidcommNode(primitives, resolver, alice.secrets);
    let travelling = await didcommNode.packEncrypted(message, { from: alice.did, to: bob.did, forward: true });
    const hops: string[] = [];
    for (const mediator of mediators) {
      const hop = await openForward(envelopesFor(primitives, resolver, mediator.secrets), travelling);
      hops.push(hop.next);
      travelling = hop.packed;
    }
    expect(hops).toEqual([...mediators.slice(1), bob].map((party) => party.did));
    const received = await envelopesFor(primitives, resolver, bob.secrets).unpack(travelling);
    expect(received).toMatchObject({ message, from: alice.did, warnings: [] });
  });
});

describe('a forward that didcomm-node wraps by itself', () => {
  const encs = Object.keys(CONTENT_ENCRYPTION) as ContentEncryption[];

  it.each(encs)('is opened by waypost with %s', async (enc) => {
    const message = { id: '1', type: 'https://example.org/1.0/x', body: {} };
    const waypost = envelopesFor(primitives, resolver, outer.secrets);
    const [envelope] = await waypost.pack(message, { mode: 'anon', to: [alice.did] });
    const packed = envelope?.packed ?? '';
    const didcommNode = createDidcommNode(primitives, resolver, []);
    const hop = await openForward(waypost, await didcommNode.wrapForward(packed, alice.did, [outer.did], enc));
    expect(hop.next).toBe(alice.did);
    expect(JSON.parse(hop.packed)).toEqual(JSON.parse(packed));
  });
});

/** What a mediator does with a forward: whom its content is for, and that content. */
async function openForward(envelopes: Envelopes, packed: string): Promise<{ next: string; packed: string }> {
  const { message, authenticated, encrypted } = await envelopes.unpack(packed);
  expect(message.type).toBe(FORWARD_TYPE);
  expect({ authenticated, encrypted }).toEqual({ authenticated: false, encrypted: true });
  const [attachment] = message.attachments ?? [];
  const bytes = attachment && attachmentBytes(attachment);
  return { next: String(message.body?.next), packed: new TextDecoder().decode(bytes) };
}
