import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGREEMENT_CURVES, type AgreementCurve } from '../../src/crypto/jwk.js';
import { createNoblePrimitives } from '../../src/crypto/noble.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Envelopes } from '../../src/envelope/envelopes.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { runs } from '../support/fuzz.js';
import { envelopesFor, type Party, peer2Party, resolverFor, signatureKeyId } from '../support/interop-parties.js';
import { EMITTED_SHAPES, packOptionsOf, type Shape, SIGNING_CURVES } from '../support/interop-shapes.js';
import { anyBody, largeBody, unknownHeaders } from './round-trip-arbitraries.js';

/*
 * Whatever is packed is unpacked to the same message, in every combination of envelopes, curve and content encryption,
 * whichever of the two implementations of the primitives packs and whichever unpacks.
 */

interface Parties {
  readonly alice: Party;
  readonly bob: Party;
}

const PARTIES: Readonly<Record<AgreementCurve, Parties>> = {
  X25519: partiesOn('X25519'),
  'P-256': partiesOn('P-256'),
  'P-384': partiesOn('P-384'),
  'P-521': partiesOn('P-521'),
};

function partiesOn(curve: AgreementCurve): Parties {
  const primitives = createNodePrimitives();
  const keys = { agreement: [curve], signature: SIGNING_CURVES };
  return { alice: peer2Party(primitives, keys), bob: peer2Party(primitives, keys) };
}

/** All parties on one implementation of the primitives. */
type Side = ReadonlyMap<Party, Envelopes>;

function sideOn(primitives: Primitives): Side {
  const resolver = resolverFor(primitives, []);
  const parties = Object.values(PARTIES).flatMap(({ alice, bob }) => [alice, bob]);
  return new Map(parties.map((party) => [party, envelopesFor(primitives, resolver, party.secrets)]));
}

const node = sideOn(createNodePrimitives());
const noble = sideOn(createNoblePrimitives());

interface Combination {
  readonly name: string;
  readonly curve: AgreementCurve;
  readonly shape: Shape;
}

/** The curve is that of the key agreement; it means nothing to a message that is not encrypted. */
const COMBINATIONS: readonly Combination[] = EMITTED_SHAPES.flatMap((shape) => {
  if (shape.encryption === 'none') return [{ name: shape.name, curve: 'X25519' as const, shape }];
  return AGREEMENT_CURVES.map((curve) => ({ name: `${shape.name} with ${curve}`, curve, shape }));
});

const DIRECTIONS: readonly { name: string; packer: Side; unpacker: Side; bodies: number }[] = [
  { name: 'node packs, node unpacks', packer: node, unpacker: node, bodies: 6 },
  { name: 'node packs, noble unpacks', packer: node, unpacker: noble, bodies: 1 },
  { name: 'noble packs, node unpacks', packer: noble, unpacker: node, bodies: 1 },
];

describe.each(DIRECTIONS)('$name', ({ packer, unpacker, bodies }) => {
  it.each(COMBINATIONS)('any body: $name', async (combination) => {
    const property = fc.asyncProperty(anyBody, (body) => roundTrip(packer, unpacker, combination, { body }));
    await fc.assert(property, runs(bodies));
  });

  const onX25519 = COMBINATIONS.filter(({ curve, shape }) => curve === 'X25519' && (shape.hideSender ?? false));
  it.each(onX25519)('a megabyte: $name', async (combination) => {
    const property = fc.asyncProperty(largeBody, (body) => roundTrip(packer, unpacker, combination, { body }));
    await fc.assert(property, { numRuns: 1 });
  });
});

it('headers that nobody knows stay as they are', async () => {
  const property = fc.asyncProperty(fc.constantFrom(...COMBINATIONS), unknownHeaders, (combination, headers) =>
    roundTrip(node, node, combination, { ...headers, body: {} }),
  );
  await fc.assert(property, runs(150));
});

async function roundTrip(
  packer: Side,
  unpacker: Side,
  { curve, shape }: Combination,
  content: { readonly body: Record<string, unknown>; readonly [header: string]: unknown },
): Promise<void> {
  const { alice, bob } = PARTIES[curve];
  const message: PlaintextMessage = {
    ...content,
    id: '1',
    typ: 'application/didcomm-plain+json',
    type: 'https://example.org/1.0/x',
    from: alice.did,
    to: [bob.did],
  };
  const signBy = shape.signature && signatureKeyId(alice, shape.signature);
  const packed = await packer.get(alice)?.pack(message, packOptionsOf(shape, alice.did, signBy, bob.did));
  const received = await unpacker.get(bob)?.unpack(new TextEncoder().encode(packed?.[0]?.packed));

  // As text, because a matcher would not see a member named "__proto__".
  expect(JSON.stringify(received?.message)).toBe(JSON.stringify(JSON.parse(JSON.stringify(message))));
  const isProven = shape.encryption === 'auth' || shape.signature !== undefined;
  expect(received).toMatchObject({
    encrypted: shape.encryption !== 'none',
    authenticated: isProven,
    nonRepudiable: shape.signature !== undefined,
    from: isProven ? alice.did : null,
    warnings: [],
  });
}
