import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { createCast } from '../support/cast.js';
import { runs } from '../support/fuzz.js';

/*
 * Whatever a stranger sends, unpacking ends with a message or with a WaypostError. The strangers here include those
 * who know our public key and so can put anything inside an envelope.
 */

const cast = await createCast(createNodePrimitives());
const { forge, alice, bob, message } = cast;

const AUTH = forge.jwe({ content: message(), from: alice.agreement(), to: [bob.agreement()] });
const ANON = forge.jwe({ content: message(), to: [bob.agreement()] });
const SIGNED = forge.jws(message(), [{ key: alice.signature() }]);
const VALID = [AUTH, ANON, SIGNED, JSON.stringify(message())];

/** Opens what may be anything; passes when it is refused as it should be, or is a message after all. */
async function expectTyped(packed: Uint8Array | string): Promise<void> {
  try {
    const { message } = await cast.receiver.unpack(packed);
    expect(typeof message.id).toBe('string');
    expect(typeof message.type).toBe('string');
  } catch (error) {
    if (!isWaypostError(error)) throw error;
  }
}

const property = (arbitrary: fc.Arbitrary<string | Uint8Array>, inputs = 300): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, expectTyped), runs(inputs));

/** Member names that mean something somewhere, so that arbitrary objects reach further than the first check. */
const NAMES = [
  ...['protected', 'recipients', 'iv', 'ciphertext', 'tag', 'aad', 'unprotected', 'header', 'kid', 'encrypted_key'],
  ...['payload', 'signatures', 'signature', 'alg', 'enc', 'epk', 'apu', 'apv', 'skid', 'typ', 'kty', 'crv', 'x', 'y'],
  ...['id', 'type', 'from', 'to', 'body', 'attachments', 'data', 'json', 'base64', 'links', 'from_prior', 'ack'],
  ...['__proto__', 'constructor', 'toString', 'toJSON', 'length', ''],
];

const scalar = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1e308, '', 'did:example:bob', 'did:example:alice#agreement-1', 'X25519', 'AAAA'),
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.double(),
);

const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 5 })), tie('value'), { maxKeys: 8 }),
  ),
})).value;

const jsonObject = fc.dictionary(fc.constantFrom(...NAMES), json, { maxKeys: 12 });

describe('anything at all', () => {
  test('bytes', () => property(fc.uint8Array({ maxLength: 300 })));

  test('text', () => property(fc.string({ unit: 'binary', maxLength: 300 })));

  test('JSON', () =>
    property(
      jsonObject.map((value) => JSON.stringify(value)),
      1000,
    ));

  test('a valid message cut off anywhere', () =>
    property(fc.constantFrom(...VALID).chain((whole) => fc.nat(whole.length).map((end) => whole.slice(0, end)))));

  test('a valid message with some bytes replaced', () =>
    property(
      fc
        .tuple(fc.constantFrom(...VALID), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }))
        .map(([whole, changes]) => {
          const bytes = new Uint8Array(Buffer.from(whole));
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          return bytes;
        }),
    ));
});

describe('anything in the place of a member', () => {
  const replaced = (whole: string): fc.Arbitrary<string> => {
    const value = JSON.parse(whole) as JsonObject;
    return fc
      .tuple(fc.constantFrom(...Object.keys(value)), json)
      .map(([name, member]) => JSON.stringify({ ...value, [name]: member }));
  };

  test.each([
    ['an encrypted message', AUTH],
    ['a signed message', SIGNED],
  ])('of %s', (_, whole) => property(replaced(whole)));

  test('of a protected header', () =>
    property(
      fc.tuple(jsonObject, fc.boolean()).map(([header, authcrypt]) =>
        forge.jwe({
          content: message(),
          to: [bob.agreement()],
          ...(authcrypt ? { from: alice.agreement() } : {}),
          header,
        }),
      ),
    ));

  test('of the header of a signature', () =>
    property(
      fc
        .tuple(jsonObject, jsonObject)
        .map(([edited, header]) => forge.jws(message(), [{ key: alice.signature(), protected: edited, header }])),
    ));

  test('of a plaintext, encrypted for us', () =>
    property(
      jsonObject.map((headers) =>
        forge.jwe({ content: message(headers), from: alice.agreement(), to: [bob.agreement()] }),
      ),
    ));

  test('of a proof of rotation', () =>
    property(
      fc.tuple(jsonObject, jsonObject).map(([claims, header]) => {
        const jwt = forge.jwt(alice.signature(), { iss: 'did:example:mallory', sub: alice.did, ...claims }, header);
        return forge.jwe({ content: message({ from_prior: jwt }), from: alice.agreement(), to: [bob.agreement()] });
      }),
    ));
});

describe('anything as the content of an envelope', () => {
  const content = fc.oneof(jsonObject, fc.string({ maxLength: 50 }), fc.constantFrom(...VALID, AUTH.slice(1)));

  test('encrypted', () =>
    property(content.map((content) => forge.jwe({ content, from: alice.agreement(), to: [bob.agreement()] }))));

  test('signed', () => property(content.map((content) => forge.jws(content, [{ key: alice.signature() }]))));
});
