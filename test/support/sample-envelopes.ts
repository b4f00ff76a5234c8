import { createNodePrimitives } from '../../src/crypto/node.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import type { PackOptions } from '../../src/envelope/pack.js';
import { documentParty, envelopesFor, type Keys, type Party, peer2Party, resolverFor } from './interop-parties.js';

/** A message as waypost packs it. */
export interface SampleEnvelope {
  /** What everybody who takes part has for a DID. */
  readonly dids: 'did:peer:2' | 'did:peer:2 with a service' | 'did:web';
  readonly kind: 'authcrypt' | 'anoncrypt' | 'forward' | 'signed';
  readonly packed: string;
}

const KEYS: Keys = { agreement: ['X25519'], signature: ['Ed25519'] };
const SERVICE = { t: 'dm', s: { uri: 'https://mediator.example.org/didcomm', a: ['didcomm/v2'] } };

/** Short, and of the length of most messages between people. */
const TEXTS = ['On my way.', 'The pump at the upper well runs again. '.repeat(5)];

/**
 * Messages between two parties by way of a mediator: authcrypt and anoncrypt to one of them, a forward around
 * the former, and a signed one; with each kind of DID, and each with a short and a longer text.
 */
export async function sampleEnvelopes(): Promise<SampleEnvelope[]> {
  const primitives = createNodePrimitives();
  const peer = (services: readonly unknown[] = []): Party => peer2Party(primitives, KEYS, services);
  const site = (name: string): Party => documentParty(primitives, `did:web:${name}.example.org`, KEYS);
  return [
    ...(await samplesBetween('did:peer:2', peer(), peer(), peer())),
    ...(await samplesBetween('did:peer:2 with a service', peer([SERVICE]), peer([SERVICE]), peer([SERVICE]))),
    ...(await samplesBetween('did:web', site('alice'), site('bob'), site('mediator'))),
  ];

  async function samplesBetween(
    dids: SampleEnvelope['dids'],
    alice: Party,
    bob: Party,
    mediator: Party,
  ): Promise<SampleEnvelope[]> {
    const resolver = resolverFor(primitives, [alice, bob, mediator]);
    const envelopes = envelopesFor(primitives, resolver, alice.secrets);
    const pack = async (message: PlaintextMessage, options: PackOptions): Promise<string> => {
      const [envelope] = await envelopes.pack(message, options);
      if (envelope === undefined) throw new Error('nothing was packed');
      return envelope.packed;
    };
    const samples = TEXTS.map(async (content): Promise<SampleEnvelope[]> => {
      const [from, to] = [alice.did, [bob.did]];
      const id = '7a3ef04c-7b52-4a2f-9e35-3f6f1c8a0b11';
      const type = 'https://didcomm.org/basicmessage/2.0/message';
      const message = { id, type, created_time: 1_760_000_000, from, to, body: { content } };
      const signBy = alice.signatureKeys[0]?.kid ?? '';
      const authcrypt = await pack(message, { mode: 'auth', from, to });
      const forward = await envelopes.wrapForward(authcrypt, { next: bob.did, routingKeys: [mediator.did] });
      return [
        { dids, kind: 'authcrypt', packed: authcrypt },
        { dids, kind: 'anoncrypt', packed: await pack(message, { mode: 'anon', to }) },
        { dids, kind: 'forward', packed: forward },
        { dids, kind: 'signed', packed: await pack(message, { mode: 'signed', signBy }) },
      ];
    });
    return (await Promise.all(samples)).flat();
  }
}
