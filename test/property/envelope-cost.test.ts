import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { createEnvelopes } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import type { DidResolver } from '../../src/envelope/resolvers.js';
import { createCast } from '../support/cast.js';
import { base64url } from '../support/forge.js';

/*
 * What a message may cost that was made to be expensive. All of these stay below the limit of 8 MiB, so that nothing
 * but the care of each step keeps them cheap.
 */

const cast = await createCast(createNodePrimitives());
const { forge, alice, bob, message } = cast;

/** The 8 MiB limit, and what fits into a base64url member of that with some room for the rest. */
const MAX_BYTES = 8 * 1024 * 1024;
const ENCODED_BYTES = 6 * 1024 * 1024 - 20_000;

/** Far above what was measured (at most 0.7 s), far below what a quadratic step would take (minutes). */
const MAX_CPU_MS = 5000;

const times = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));

const encrypted = (content: unknown): string => forge.jwe({ content, from: alice.agreement(), to: [bob.agreement()] });

/** A sound encrypted message with members replaced. */
function jwe(members: JsonObject): string {
  return JSON.stringify({ ...JSON.parse(encrypted(message())), ...members });
}

const EXPENSIVE: readonly (readonly [what: string, code: string, make: () => string])[] = [
  ['arrays nested 8 million deep', 'ERR_TOO_LARGE', () => '['.repeat(MAX_BYTES)],
  ['objects nested 100 000 deep', 'ERR_TOO_LARGE', () => '{"a":'.repeat(100_000)],
  ['nesting in a protected header', 'ERR_TOO_LARGE', () => jwe({ protected: base64url('{"a":'.repeat(100_000)) })],
  ['nesting in an encrypted message', 'ERR_TOO_LARGE', () => encrypted('{"a":'.repeat(100_000))],
  ['nesting in a signed message', 'ERR_TOO_LARGE', () => forge.jws('['.repeat(100_000), [{ key: alice.signature() }])],
  ['a text of backslashes only', 'ERR_JSON_MALFORMED', () => `"${'\\'.repeat(MAX_BYTES - 1)}`],
  ['a text of escaped quotes only', 'ERR_JSON_MALFORMED', () => `"${'\\"'.repeat(MAX_BYTES / 2 - 1)}`],
  ['4 million numbers', 'ERR_ENVELOPE_UNKNOWN', () => `{"a":[${'0,'.repeat(MAX_BYTES / 2 - 10)}0]}`],
  ['2 million objects', 'ERR_TOO_LARGE', () => `{"a":[${'{},'.repeat(2_000_000)}0]}`],
  ['500 000 headers', 'ERR_ENVELOPE_UNKNOWN', () => `{"k":0${times(500_000, (i) => `,"${i}":0`).join('')}}`],
  [
    '200 000 names in `to`',
    'ERR_TOO_LARGE',
    () => encrypted(message({ to: times(200_000, (i) => `did:peer:2.${i}`) })),
  ],
  [
    '1000 names in `to`, each to be hashed',
    'ERR_TO_MISMATCH',
    () => encrypted(message({ to: times(1000, (i) => `did:peer:2.${i}`) })),
  ],
  [
    'a `from` of 6 MB',
    'ERR_MESSAGE_MALFORMED',
    () => JSON.stringify(message({ from: `did:a:${'a:'.repeat(3_000_000)}` })),
  ],
  ['a `from_prior` of dots', 'ERR_TOO_LARGE', () => encrypted(message({ from_prior: '.'.repeat(ENCODED_BYTES) }))],
  [
    'a key id of 7 MB',
    'ERR_JWE_MALFORMED',
    () => jwe({ recipients: [{ header: { kid: `did:a:b#${'a'.repeat(7_000_000)}` } }] }),
  ],
  [
    '100 key ids of 16 kB',
    'ERR_JWE_APV',
    () =>
      jwe({
        recipients: times(100, (i) => ({ header: { kid: `did:a:${i}#${'a'.repeat(16_000)}` }, encrypted_key: '' })),
      }),
  ],
  ['300 000 recipients', 'ERR_TOO_LARGE', () => jwe({ recipients: times(300_000, () => ({})) })],
  [
    '400 000 signatures',
    'ERR_TOO_LARGE',
    () => JSON.stringify({ payload: 'e30', signatures: times(400_000, () => ({})) }),
  ],
  [
    'an `alg` of a million members',
    'ERR_JWE_ALG',
    () => jwe({ protected: base64url(JSON.stringify({ alg: times(1_000_000, () => 0) })) }),
  ],
  ['a ciphertext of 8 MB', 'ERR_DECRYPT_FAILED', () => jwe({ ciphertext: 'A'.repeat(8_000_000) })],
];

test.each(EXPENSIVE)('%s: %s', async (_, code, make) => {
  const packed = make();
  expect(packed.length).toBeLessThanOrEqual(MAX_BYTES);
  const before = process.cpuUsage();
  const error = await cast.receiver.unpack(packed).catch((error: unknown) => error);
  const { user, system } = process.cpuUsage(before);
  expect(isWaypostError(error) ? error.code : error).toBe(code);
  expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS);
});

describe('work that grows with what a stranger writes', () => {
  /** Bob, with every call that costs something counted. */
  function counted() {
    const calls = { resolve: 0, canonical: 0, agree: 0, verify: 0 };
    const counting =
      <A extends unknown[], R>(name: keyof typeof calls, call: (...args: A) => R) =>
      (...args: A): R => {
        calls[name]++;
        return call(...args);
      };
    const bare = createNodePrimitives();
    const primitives: Primitives = {
      ...bare,
      agree: counting('agree', bare.agree),
      verify: counting('verify', bare.verify),
    };
    const resolver: DidResolver = {
      resolve: counting('resolve', (did) => cast.resolver.resolve(did)),
      canonical: counting('canonical', (did) => cast.resolver.canonical(did)),
    };
    const secrets = createLocalSecrets({ primitives, keys: bob.secrets });
    return { calls, ...createEnvelopes({ primitives, resolver, secrets }) };
  }

  const keys = times(99, (i) => ({ ...bob.agreement(), kid: `did:example:other${i}#1` }));

  test('one of 100 recipients costs one agreement and one look-up', async () => {
    const { calls, unpack } = counted();
    const to = [...keys, bob.agreement()];
    const listed = [...keys, bob.agreement()].map((key) => key.kid.replace(/#.*/, ''));
    await unpack(forge.jwe({ content: message({ to: listed }), from: alice.agreement(), to }));
    expect(calls).toMatchObject({ resolve: 1, agree: 2 });
  });

  test('each recipient and each name in `to` is compared once, not each with each', async () => {
    const { calls, unpack } = counted();
    const to = [...keys, bob.agreement()];
    const listed = times(900, (i) => `did:example:other${i}`);
    await unpack(forge.jwe({ content: message({ to: [...listed, bob.did] }), to }));
    expect(calls.canonical).toBeLessThan(1100);
  });

  test('nothing is looked up or computed for a message to others', async () => {
    const { calls, unpack } = counted();
    await expect(unpack(forge.jwe({ content: message(), from: alice.agreement(), to: keys }))).rejects.toMatchObject({
      code: 'ERR_JWE_NO_RECIPIENT',
    });
    expect(calls).toEqual({ resolve: 0, canonical: 0, agree: 0, verify: 0 });
  });

  test('a false signature is the last that is verified', async () => {
    const { calls, unpack } = counted();
    const forged = { ...cast.mallory.signature(), kid: alice.signature().kid };
    const signatures = [{ key: forged }, ...times(7, () => ({ key: alice.signature() }))];
    await expect(unpack(forge.jws(message(), signatures))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    expect(calls).toMatchObject({ resolve: 1, verify: 1 });
  });
});
