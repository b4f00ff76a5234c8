import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import type { Curve, PublicJwk } from '../../../src/crypto/jwk.js';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createEnvelopes } from '../../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../../src/envelope/local-secrets.js';
import { createCast } from '../../support/cast.js';

/*
 * Private keys go in and never come out: not in an error, not in a log line that somebody writes about the object
 * that holds them. And what was inside a message does not come out of the error about it.
 */

const CURVES: readonly Curve[] = ['X25519', 'Ed25519', 'P-256', 'P-384', 'P-521', 'secp256k1'];

/** Everything that a careless log line could make of a value, with its causes and hidden members. */
function everythingOf(value: unknown): string {
  const { stack, message } = value instanceof Error ? value : { stack: '', message: '' };
  return [
    inspect(value, { depth: null, showHidden: true, getters: true }),
    JSON.stringify(value),
    stack,
    message,
    `${value}`,
  ].join();
}

function thrownBy(action: () => unknown): WaypostError {
  try {
    action();
  } catch (error) {
    if (error instanceof WaypostError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe.each([createNodePrimitives(), createNoblePrimitives()])('private keys with $name primitives', (primitives) => {
  const keys = CURVES.map((curve) => ({ ...primitives.generateKey(curve), kid: `did:example:bob#${curve}` }));
  const secrets = createLocalSecrets({ primitives, keys });
  const privateParts = keys.flatMap(({ d }) => [d, Buffer.from(d, 'base64url').toString('hex'), d.slice(4, 20)]);

  const expectSilent = (value: unknown): void => {
    const text = everythingOf(value);
    expect(privateParts.filter((part) => text.includes(part))).toEqual([]);
  };

  test('do not show in the secrets that hold them, nor in envelopes made with these', () => {
    expectSilent(secrets);
    const resolver = { resolve: async () => undefined, canonical: (did: string) => did };
    expectSilent(createEnvelopes({ primitives, resolver, secrets }));
    expect(JSON.stringify(secrets)).toBe('{}');
  });

  test('would be found if they did show', () => {
    expect(() => expectSilent({ keys })).toThrow();
    expect(() => expectSilent(new WaypostError('ERR_KEY_INVALID', 'x', { cause: new Error(keys[0]?.d) }))).toThrow();
  });

  test('do not show in the errors about what is asked of them', async () => {
    const peer = (curve: Curve): PublicJwk => {
      const { d: _, ...publicJwk } = primitives.generateKey(curve);
      return publicJwk as PublicJwk;
    };
    const offCurve: PublicJwk = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };
    const lowOrder: PublicJwk = { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) };
    for (const ask of [
      () => secrets.agree('did:example:bob#nowhere', peer('X25519'), false),
      () => secrets.agree('did:example:bob#X25519', peer('P-256'), true),
      () => secrets.agree('did:example:bob#X25519', lowOrder, false),
      () => secrets.agree('did:example:bob#P-256', offCurve, true),
      () => secrets.agree('did:example:bob#Ed25519', peer('Ed25519'), false),
      () => secrets.sign('did:example:bob#P-256', 'EdDSA', new Uint8Array(3)),
      () => secrets.sign('did:example:bob#X25519', 'ES256', new Uint8Array(3)),
      () => secrets.sign('did:example:bob#nowhere', 'EdDSA', new Uint8Array(3)),
    ]) {
      expectSilent(thrownBy(ask));
    }
  });

  test('do not show in the errors about keys that cannot be held', () => {
    for (const { kid, ...key } of keys) {
      const other = primitives.generateKey(key.crv);
      for (const bad of [
        key, // no kid
        { ...key, kid: key.d },
        { ...key, kid, x: other.x },
        { ...key, kid, x: undefined },
        { ...key, kid, d: `${key.d}=` },
        { ...key, kid, d: key.d.slice(1) },
        { ...key, kid, d: [key.d] },
        { ...key, kid, crv: 'unheard of' },
        { ...key, kid, kty: undefined },
      ]) {
        const error = thrownBy(() => createLocalSecrets({ primitives, keys: [bad] }));
        expect(['ERR_KEY_INVALID', 'ERR_KEY_UNSUPPORTED']).toContain(error.code);
        expectSilent(error);
      }
    }
  });
});

test('the content of a message does not show in the error about it', async () => {
  const { forge, alice, bob, message, receiver } = await createCast(createNodePrimitives());
  const confidential = 'the meeting is at noon';
  const body = { confidential };
  const to = [bob.agreement()];
  const contents = [
    message({ body, id: undefined }),
    message({ body, from: undefined }),
    message({ body, to: [] }),
    message({ body, attachments: [{ data: { base64: 7, confidential } }] }),
    message({ body: confidential }),
    message({ body, from_prior: `${confidential}.b.c` }),
    `{"body":"${confidential}`,
    `["${confidential}"]`,
    { confidential },
    confidential,
  ];
  for (const content of contents) {
    const error = await receiver.unpack(forge.jwe({ content, from: alice.agreement(), to })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(WaypostError);
    expect(everythingOf(error)).not.toContain(confidential);
  }
});
