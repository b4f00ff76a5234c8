import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../src/crypto/node.js';
import type { DidSecret } from '../../src/did/create.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import { agreementKeyIds, documentParty, envelopesFor, peer2Party, resolverFor } from '../support/interop-parties.js';

/* One DID, several keys: whoever holds one of them can open the message, and keys of other curves do not matter. */

const primitives = createNodePrimitives();
const MESSAGE = { id: '1', typ: 'application/didcomm-plain+json', type: 'https://example.org/1.0/x', body: { a: 1 } };

describe('three keys of one curve', () => {
  const alice = peer2Party(primitives, { agreement: ['P-256'], signature: [] });
  const bob = peer2Party(primitives, { agreement: ['P-256', 'P-256', 'P-256'], signature: ['Ed25519'] });
  const resolver = resolverFor(primitives, []);
  const message = { ...MESSAGE, from: alice.did, to: [bob.did] };
  const [first, second, third] = bob.agreementKeys as [DidSecret, DidSecret, DidSecret];
  const waypost = envelopesFor(primitives, resolver, alice.secrets);
  const didcommNode = createDidcommNode(primitives, resolver, alice.secrets);

  it.each([first, second, third])('waypost packs, didcomm-node opens with one of them', async (held) => {
    const [envelope] = await waypost.pack(message, { mode: 'auth', from: alice.did, to: [bob.did] });
    const received = await createDidcommNode(primitives, resolver, [held]).unpack(envelope?.packed ?? '');
    expect(received.message).toEqual(message);
    expect(received.metadata.encrypted_to_kids).toEqual(agreementKeyIds(bob));
  });

  it.each([first, second, third])('didcomm-node packs, waypost opens with one of them', async (held) => {
    const packed = await didcommNode.packEncrypted(message, { from: alice.did, to: bob.did });
    const received = await envelopesFor(primitives, resolver, [held]).unpack(packed);
    expect(received.message).toEqual(message);
    expect(received.layers[0]).toMatchObject({ openedBy: held.kid, recipientKeyIds: agreementKeyIds(bob) });
  });

  it('waypost packs so that every one of them opens it', async () => {
    const [envelope] = await waypost.pack(message, { mode: 'anon', to: [bob.did] });
    const bobsDidcommNode = createDidcommNode(primitives, resolver, bob.secrets);
    const received = await bobsDidcommNode.unpack(envelope?.packed ?? '', { expect_decrypt_by_all_keys: true });
    expect(received.message).toEqual(message);
  });

  it('a message to the DID URL of one key is for that key only, from either side', async () => {
    const [envelope] = await waypost.pack(message, { mode: 'auth', from: alice.did, to: [second.kid] });
    const bySecond = createDidcommNode(primitives, resolver, [second]);
    expect((await bySecond.unpack(envelope?.packed ?? '')).metadata.encrypted_to_kids).toEqual([second.kid]);

    const packed = await didcommNode.packEncrypted(message, { from: alice.did, to: second.kid });
    const received = await envelopesFor(primitives, resolver, [second]).unpack(packed);
    expect(received.recipientKeyIds).toEqual([second.kid]);
    const others = envelopesFor(primitives, resolver, [first, third]);
    await expect(others.unpack(packed)).rejects.toMatchObject({ code: 'ERR_JWE_NO_RECIPIENT' });
  });
});

describe('keys of two curves', () => {
  const both = { agreement: ['X25519', 'P-256'], signature: ['Ed25519'] } as const;
  const alice = documentParty(primitives, 'did:example:alice', both);
  const bob = documentParty(primitives, 'did:example:bob', both);
  const carol = documentParty(primitives, 'did:example:carol', { agreement: ['P-256'], signature: [] });
  const resolver = resolverFor(primitives, [alice, bob, carol]);
  const waypost = envelopesFor(primitives, resolver, alice.secrets);
  const didcommNode = createDidcommNode(primitives, resolver, alice.secrets);

  it('waypost packs once for each curve, for a didcomm-node that holds a key of that curve only', async () => {
    const message = { ...MESSAGE, from: alice.did, to: [bob.did] };
    const packed = await waypost.pack(message, { mode: 'auth', from: alice.did, to: [bob.did], curves: 'all' });
    expect(packed.map((envelope) => envelope.curve)).toEqual(['X25519', 'P-256']);
    for (const [index, envelope] of packed.entries()) {
      const device = createDidcommNode(primitives, resolver, bob.agreementKeys.slice(index, index + 1));
      const received = await device.unpack(envelope.packed);
      expect(received.message).toEqual(message);
      expect(received.metadata.encrypted_from_kid).toBe(alice.agreementKeys[index]?.kid);
    }
  });

  it('didcomm-node packs for one of the curves, and waypost opens it', async () => {
    const message = { ...MESSAGE, from: alice.did, to: [bob.did] };
    const packed = await didcommNode.packEncrypted(message, { from: alice.did, to: bob.did, hideSender: true });
    const received = await envelopesFor(primitives, resolver, bob.secrets).unpack(packed);
    expect(received).toMatchObject({ message, from: alice.did, anonymous: true });
  });

  it('both find the curve that sender and recipient have in common', async () => {
    const message = { ...MESSAGE, from: alice.did, to: [carol.did] };
    const [envelope] = await waypost.pack(message, { mode: 'auth', from: alice.did, to: [carol.did] });
    const opened = await createDidcommNode(primitives, resolver, carol.secrets).unpack(envelope?.packed ?? '');
    expect(opened.metadata.encrypted_from_kid).toBe('did:example:alice#agreement-2');

    const packed = await didcommNode.packEncrypted(message, { from: alice.did, to: carol.did });
    const received = await envelopesFor(primitives, resolver, carol.secrets).unpack(packed);
    expect(received.senderKeyId).toBe('did:example:alice#agreement-2');
  });
});
