import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { CONTENT_ENCRYPTION, type ContentEncryption, type Primitives } from '../../../src/crypto/primitives.js';
import type { PackOptions } from '../../../src/envelope/pack.js';
import { createDidcommNode } from '../../support/interop-didcomm-node.js';
import { envelopesFor, type Party, peer2Party, resolverFor } from '../../support/interop-parties.js';
import type { Subject } from '../measure.js';
import { createBare, createBareSignature } from './bare.js';

/** One message in one kind of envelope. */
export interface EnvelopeCase {
  readonly kind: 'authcrypt' | 'anoncrypt' | 'signed';
  readonly enc: ContentEncryption;
  /** Of the text in the body; the DIDs in the headers come on top. */
  readonly bodyBytes: number;
  /** X25519 keys of the recipient, all of which can open the message. */
  readonly keys: number;
}

/** Who takes part in a case. Each unpacks what it packed itself. */
export interface CaseSubjects {
  readonly pack: readonly Subject[];
  readonly unpack: readonly Subject[];
}

export const WAYPOST = 'waypost';
export const DIDCOMM_NODE = 'didcomm-node';
export const BARE = 'bare node:crypto';
const WAYPOST_ON_NOBLE = 'waypost on noble';

const ENCS = Object.keys(CONTENT_ENCRYPTION) as ContentEncryption[];

export const CASES: readonly EnvelopeCase[] = [256, 16 * 1024].flatMap((bodyBytes): EnvelopeCase[] => [
  ...[1, 10].flatMap((keys): EnvelopeCase[] => [
    { kind: 'authcrypt', enc: 'A256CBC-HS512', bodyBytes, keys },
    ...ENCS.map((enc): EnvelopeCase => ({ kind: 'anoncrypt', enc, bodyBytes, keys })),
  ]),
  { kind: 'signed', enc: 'A256CBC-HS512', bodyBytes, keys: 1 },
]);

export function nameOf({ kind, enc, bodyBytes, keys }: EnvelopeCase): string {
  const size = bodyBytes < 1024 ? `${bodyBytes} B` : `${bodyBytes / 1024} KiB`;
  if (kind === 'signed') return `signed EdDSA, ${size}`;
  const algorithm = kind === 'anoncrypt' ? `anoncrypt ${enc}` : 'authcrypt';
  return `${algorithm}, ${size}, ${keys} ${keys === 1 ? 'key' : 'keys'}`;
}

/** Waypost and those it is compared with. */
export async function subjectsOf(of: EnvelopeCase): Promise<CaseSubjects> {
  const { node, alice, bob, message } = sceneOf(of);
  const all = [
    await waypost(WAYPOST, node, of, alice, bob, message),
    await didcommNode(node, of, alice, bob, message),
    bare(of, alice, bob, JSON.stringify(message).length),
  ];
  return { pack: all.map((pair) => pair.pack), unpack: all.map((pair) => pair.unpack) };
}

/** Waypost on the primitives that run in a browser, for information. */
export async function nobleSubjectsOf(of: EnvelopeCase): Promise<CaseSubjects> {
  const { alice, bob, message } = sceneOf(of);
  const { pack, unpack } = await waypost(WAYPOST_ON_NOBLE, createNoblePrimitives(), of, alice, bob, message);
  return { pack: [pack], unpack: [unpack] };
}

function sceneOf(of: EnvelopeCase): { node: Primitives; alice: Party; bob: Party; message: Message } {
  const node = createNodePrimitives();
  const alice = peer2Party(node, { agreement: ['X25519'], signature: ['Ed25519'] });
  const agreement = Array.from({ length: of.keys }, () => 'X25519' as const);
  const bob = peer2Party(node, { agreement, signature: ['Ed25519'] });
  const message = {
    id: '0123456789abcdef0123456789abcdef',
    typ: 'application/didcomm-plain+json',
    type: 'https://example.org/benchmark/1.0/message',
    from: alice.did,
    to: [bob.did],
    created_time: 1_516_269_022,
    body: { text: 'x'.repeat(of.bodyBytes) },
  };
  return { node, alice, bob, message };
}

type Message = Parameters<ReturnType<typeof createDidcommNode>['packPlain']>[0];

interface Pair {
  readonly pack: Subject;
  readonly unpack: Subject;
}

async function waypost(
  name: string,
  primitives: Primitives,
  of: EnvelopeCase,
  alice: Party,
  bob: Party,
  message: Message,
): Promise<Pair> {
  const resolver = resolverFor(primitives, []);
  const sender = envelopesFor(primitives, resolver, alice.secrets);
  const recipient = envelopesFor(primitives, resolver, bob.secrets);
  const options = packOptionsOf(of, alice, bob);
  const packed = (await sender.pack(message, options))[0]?.packed ?? '';
  return {
    pack: { name, operation: () => sender.pack(message, options) },
    unpack: { name, operation: () => recipient.unpack(packed) },
  };
}

function packOptionsOf(of: EnvelopeCase, alice: Party, bob: Party): PackOptions {
  switch (of.kind) {
    case 'authcrypt':
      return { mode: 'auth', from: alice.did, to: [bob.did] };
    case 'anoncrypt':
      return { mode: 'anon', to: [bob.did], enc: of.enc };
    case 'signed':
      return { mode: 'signed', signBy: alice.signatureKeys[0]?.kid ?? '' };
  }
}

async function didcommNode(
  primitives: Primitives,
  of: EnvelopeCase,
  alice: Party,
  bob: Party,
  message: Message,
): Promise<Pair> {
  const resolver = resolverFor(primitives, []);
  const sender = createDidcommNode(primitives, resolver, alice.secrets);
  const recipient = createDidcommNode(primitives, resolver, bob.secrets);
  const signBy = alice.signatureKeys[0]?.kid ?? '';
  const pack = (): Promise<string> => {
    if (of.kind === 'signed') return sender.packSigned(message, signBy);
    if (of.kind === 'anoncrypt') return sender.packEncrypted(message, { to: bob.did, enc: of.enc });
    return sender.packEncrypted(message, { from: alice.did, to: bob.did });
  };
  const packed = await pack();
  return {
    pack: { name: DIDCOMM_NODE, operation: pack },
    unpack: { name: DIDCOMM_NODE, operation: () => recipient.unpack(packed) },
  };
}

/** Lengths that base64url gives to bytes. */
const inBase64 = (bytes: number): number => Math.ceil((bytes * 4) / 3);
/** Of a protected header, without the sender's key id that stands in it as `skid` and, in base64url, as `apu`. */
const HEADER_JSON_BYTES = 260;

function bare(of: EnvelopeCase, alice: Party, bob: Party, plaintextBytes: number): Pair {
  if (of.kind === 'signed') {
    const signature = createBareSignature(inBase64(plaintextBytes));
    const signed = signature.pack();
    return {
      pack: { name: BARE, operation: signature.pack },
      unpack: { name: BARE, operation: () => signature.unpack(signed) },
    };
  }
  const isAuthcrypt = of.kind === 'authcrypt';
  const senderBytes = isAuthcrypt ? (alice.agreementKeys[0]?.kid.length ?? 0) : 0;
  const headerBytes = inBase64(HEADER_JSON_BYTES + senderBytes + inBase64(senderBytes));
  const keyIdBytes = bob.agreementKeys[0]?.kid.length ?? 0;
  const { enc, keys } = of;
  const calls = createBare({ enc, isAuthcrypt, keys, plaintextBytes, headerBytes, keyIdBytes });
  const packed = calls.pack();
  return {
    pack: { name: BARE, operation: calls.pack },
    unpack: { name: BARE, operation: () => calls.unpack(packed) },
  };
}
