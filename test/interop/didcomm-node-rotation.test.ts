import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import {
  documentParty,
  envelopesFor,
  oneKeyParty,
  type Party,
  peer2Party,
  resolverFor,
  signatureKeyId,
} from '../support/interop-parties.js';
import { SIGNING_CURVES } from '../support/interop-shapes.js';

/* A DID rotation (`from_prior`) that one announces is understood by the other, signed with each algorithm. */

const primitives = createNodePrimitives();
const ISSUED_AT = 1_516_269_022;

const oldDocument = documentParty(primitives, 'did:example:old', { agreement: ['X25519'], signature: SIGNING_CURVES });
const newDocument = documentParty(primitives, 'did:example:new', { agreement: ['X25519'], signature: [] });
const agreementOnly = { agreement: ['X25519'], signature: [] } as const;

const ROTATIONS: readonly { name: string; prior: Party; next: Party; keyId: string | undefined }[] = [
  ...SIGNING_CURVES.map((curve) => ({
    name: `documents, signed with ${curve}`,
    prior: oldDocument,
    next: newDocument,
    keyId: signatureKeyId(oldDocument, curve),
  })),
  ...[
    oneKeyParty(primitives, 'key', 'Ed25519'),
    peer2Party(primitives, { ...agreementOnly, signature: ['P-256'] }),
  ].map((prior) => ({
    name: `${prior.did.slice(0, 10)} to did:peer:2`,
    prior,
    next: peer2Party(primitives, agreementOnly),
    keyId: prior.signatureKeys[0]?.kid,
  })),
];

describe.each(ROTATIONS)('$name', ({ prior, next, keyId = '' }) => {
  const bob = oneKeyParty(primitives, 'key', 'Ed25519');
  const resolver = resolverFor(primitives, [oldDocument, newDocument]);
  const aliceKeys = [...prior.secrets, ...next.secrets];
  const message = {
    id: '1',
    typ: 'application/didcomm-plain+json',
    type: 'https://didcomm.org/empty/1.0/empty',
    from: next.did,
    to: [bob.did],
    body: {},
  };

  it('waypost announces, didcomm-node verifies', async () => {
    const waypost = envelopesFor(primitives, resolver, aliceKeys);
    const proof = await waypost.packFromPrior({ signBy: keyId, did: next.did, issuedAt: ISSUED_AT });
    const announcement = { ...message, from_prior: proof };
    const [envelope] = await waypost.pack(announcement, { mode: 'auth', from: next.did, to: [bob.did] });
    const received = await createDidcommNode(primitives, resolver, bob.secrets).unpack(envelope?.packed ?? '');
    expect(received.message).toEqual(announcement);
    expect(received.metadata).toMatchObject({
      from_prior: { iss: prior.did, sub: next.did, iat: ISSUED_AT },
      from_prior_issuer_kid: keyId,
    });
  });

  it('didcomm-node announces, waypost verifies', async () => {
    const didcommNode = createDidcommNode(primitives, resolver, aliceKeys);
    const proof = await didcommNode.packFromPrior({ iss: prior.did, sub: next.did, iat: ISSUED_AT }, keyId);
    const announcement = { ...message, from_prior: proof };
    const packed = await didcommNode.packEncrypted(announcement, { from: next.did, to: bob.did });
    const received = await envelopesFor(primitives, resolver, bob.secrets).unpack(packed);
    expect(received.message).toEqual(announcement);
    expect(received.rotation).toEqual({ priorDid: prior.did, did: next.did, keyId, issuedAt: ISSUED_AT });
  });

  it('neither takes a proof whose claims were exchanged', async () => {
    const waypost = envelopesFor(primitives, resolver, aliceKeys);
    const proof = await waypost.packFromPrior({ signBy: keyId, did: next.did, issuedAt: ISSUED_AT });
    const [header, , signature] = proof.split('.');
    const claims = Buffer.from(JSON.stringify({ iss: prior.did, sub: next.did, iat: 1 })).toString('base64url');
    const forged = { ...message, from_prior: `${header}.${claims}.${signature}` };
    const [envelope] = await waypost.pack(forged, { mode: 'auth', from: next.did, to: [bob.did] });
    const packed = envelope?.packed ?? '';
    await expect(envelopesFor(primitives, resolver, bob.secrets).unpack(packed)).rejects.toMatchObject({
      code: 'ERR_FROM_PRIOR',
    });
    await expect(createDidcommNode(primitives, resolver, bob.secrets).unpack(packed)).rejects.toThrow();
  });
});
