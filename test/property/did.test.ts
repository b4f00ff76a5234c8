import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWaypostError } from '../../src/core/errors.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { createDid } from '../../src/did/create.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { abbreviateService, expandService } from '../../src/did/services.js';
import { runs } from '../support/fuzz.js';

const primitives = createNodePrimitives();
const newResolver = () => createDidResolver({ primitives, longForms: createMemoryMap(100) });

const RUNS = runs(500);

/** All that resolving may throw without a network. */
const EXPECTED_CODES = ['ERR_DID_MALFORMED', 'ERR_DID_METHOD', 'ERR_DID_UNAVAILABLE', 'ERR_KEY_UNSUPPORTED'];

/** Resolves; any failure must be of an expected code, any document must be about the DID that was asked for. */
async function resolvesOrRefuses(did: string): Promise<void> {
  const resolver = newResolver();
  try {
    expect((await resolver.resolve(did))?.id).toBe(did);
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    expect(EXPECTED_CODES).toContain(error.code);
  }
  expect(typeof resolver.canonical(did)).toBe('string');
}

const services = [
  { type: 'DIDCommMessaging', serviceEndpoint: { uri: 'https://example.com', accept: ['didcomm/v2'] } },
];
const valid = [
  createDid(primitives, { method: 'key' }).did,
  createDid(primitives, { method: 'key', curve: 'P-256' }).did,
  createDid(primitives, { method: 'jwk' }).did,
  createDid(primitives, { method: 'peer2', services }).did,
  createDid(primitives, { method: 'peer4', services }).did,
  createDid(primitives, { method: 'peer4' }).document.alsoKnownAs?.[0] ?? '',
];

describe('resolving what a stranger wrote', () => {
  it('refuses arbitrary ids in an orderly way', async () => {
    const method = fc.constantFrom(
      'key:',
      'jwk:',
      'peer:0',
      'peer:2.',
      'peer:2.S',
      'peer:3z',
      'peer:4z',
      'peer:4zQm:z',
      '',
    );
    const base58 = fc.constantFrom(...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz.:');
    const odd = fc.constantFrom('\ud800', 'ä', '\u{1f600}', '\0');
    const id = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.base64String(),
      fc.string({ unit: base58 }),
      fc.string({ unit: odd }),
    );
    await fc.assert(
      fc.asyncProperty(method, id, (name, text) => resolvesOrRefuses(`did:${name}${text}`)),
      RUNS,
    );
  });

  it('refuses or resolves a DID with something replaced, removed or added', async () => {
    const change = fc.record({
      did: fc.constantFrom(...valid),
      at: fc.nat({ max: 2000 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.string({ maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(change, ({ did, at, remove, insert }) => {
        const from = at % did.length;
        return resolvesOrRefuses(`${did.slice(0, from)}${insert}${did.slice(from + remove)}`);
      }),
      RUNS,
    );
  });

  it('refuses or resolves a did:peer:2 with any JSON as its service', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), (json) => {
        const element = Buffer.from(json).toString('base64url');
        return resolvesOrRefuses(`did:peer:2.S${element}`);
      }),
    );
  });

  it.each([
    [
      'as many keys as fit',
      `did:peer:2${'.Vz2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7'.repeat(160)}`,
    ],
    ['one endless key', `did:key:z${'6'.repeat(16_000)}`],
    ['one endless hash', `did:peer:3z${'6'.repeat(16_000)}`],
    ['one endless document', `did:peer:4zQm:z${'6'.repeat(16_000)}`],
    ['one endless service', `did:peer:2.S${'W1tb'.repeat(4000)}`],
    ['as many empty elements as fit', `did:peer:2${'.'.repeat(16_000)}a`],
    ['as many segments as fit', `did:peer:4${':'.repeat(16_000)}a`],
    ['more than fits', `did:key:z${'6'.repeat(1_000_000)}`],
  ])('takes little time for %s', async (_, did) => {
    const start = performance.now();
    await resolvesOrRefuses(did);
    // It is milliseconds; the margin is for a busy machine.
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('abbreviations of services', () => {
  it('are undone by expanding', () => {
    const name = fc.constantFrom('type', 'serviceEndpoint', 'routingKeys', 'accept', 'uri', 'priority');
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.array(tie('any')), fc.dictionary(name, tie('any'))),
    })).any;
    const service = fc.record({
      type: fc.constantFrom('DIDCommMessaging', 'LinkedDomains', 'dm2'),
      serviceEndpoint: fc.dictionary(name, value),
      extra: value,
    });
    fc.assert(
      fc.property(service, (full) => {
        expect(expandService(abbreviateService(full))).toEqual(full);
        expect(abbreviateService(abbreviateService(full))).toEqual(abbreviateService(full));
      }),
    );
  });
});
