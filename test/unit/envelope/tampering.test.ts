import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { isJsonObject } from '../../../src/core/json.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { type Cast, createCast } from '../../support/cast.js';

/*
 * Whoever carries a message may change it. Here every character of every text in every kind of envelope is replaced,
 * one at a time: nothing that the recipient relies on may come out of it, not even with another error class.
 */

const cast = await createCast(createNodePrimitives());
const CONTENT = cast.message({ body: undefined });

type Packer = (cast: Cast) => string;

const sign =
  (curve: string): Packer =>
  ({ forge, alice }) =>
    forge.jws(CONTENT, [{ key: alice.signature(curve) }]);

const anon =
  (enc: 'A256CBC-HS512' | 'A256GCM' | 'XC20P', inner?: Packer): Packer =>
  (cast) =>
    cast.forge.jwe({ content: inner?.(cast) ?? CONTENT, to: [cast.bob.agreement()], enc });

const auth =
  (inner?: Packer): Packer =>
  (cast) =>
    cast.forge.jwe({ content: inner?.(cast) ?? CONTENT, from: cast.alice.agreement(), to: [cast.bob.agreement()] });

const COMBINATIONS: readonly (readonly [string, Packer])[] = [
  ['sign EdDSA', sign('Ed25519')],
  ['sign ES256', sign('P-256')],
  ['sign ES256K', sign('secp256k1')],
  ['sign, flattened', ({ forge, alice }) => forge.flattenedJws(CONTENT, { key: alice.signature() })],
  [
    'sign, two signatures',
    ({ forge, alice }) => forge.jws(CONTENT, [{ key: alice.signature() }, { key: alice.signature('P-256') }]),
  ],
  ['anoncrypt A256CBC-HS512', anon('A256CBC-HS512')],
  ['anoncrypt A256GCM', anon('A256GCM')],
  ['anoncrypt XC20P', anon('XC20P')],
  ['anoncrypt with aad', ({ forge, bob }) => forge.jwe({ content: CONTENT, to: [bob.agreement()], aad: 'YWJj' })],
  ['authcrypt', auth()],
  [
    'authcrypt without skid',
    ({ forge, alice, bob }) =>
      forge.jwe({ content: CONTENT, from: alice.agreement(), to: [bob.agreement()], header: { skid: undefined } }),
  ],
  ['anoncrypt(sign)', anon('A256CBC-HS512', sign('Ed25519'))],
  ['anoncrypt(authcrypt)', anon('A256GCM', auth())],
  ['authcrypt(sign)', auth(sign('Ed25519'))],
  ['anoncrypt(authcrypt(sign))', anon('XC20P', auth(sign('Ed25519')))],
];

/** Where a text stands in an envelope: `recipients/0/encrypted_key`. */
interface Place {
  readonly path: string;
  readonly text: string;
  /** The envelope with another text in this place. */
  with(text: string): string;
}

/** Every text in a JSON value. */
function placesOf(value: unknown, path = '', rebuild: (part: unknown) => unknown = (part) => part): readonly Place[] {
  if (typeof value === 'string') {
    return [{ path, text: value, with: (text) => JSON.stringify(rebuild(text)) }];
  }
  if (!isJsonObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    placesOf(member, path === '' ? name : `${path}/${name}`, (part) =>
      rebuild(Array.isArray(value) ? value.with(Number(name), part) : { ...value, [name]: part }),
    ),
  );
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A near and a far other character: in base64url they differ from the right one in the lowest and the highest bit. */
function replacements(character: string): readonly string[] {
  const at = LETTERS.indexOf(character);
  return at < 0
    ? ['.', 'A'].filter((other) => other !== character)
    : [at ^ 1, at ^ 32].map((index) => LETTERS.charAt(index));
}

/** What came of a tampered message: undefined when it was properly refused. */
async function lapse(packed: string): Promise<string | undefined> {
  try {
    await cast.receiver.unpack(packed);
    return 'accepted';
  } catch (error) {
    return isWaypostError(error) ? undefined : `threw ${String(error)}`;
  }
}

async function lapsesIn({ path, text, with: replaceText }: Place): Promise<readonly string[]> {
  const lapses: string[] = [];
  for (let at = 0; at < text.length; at++) {
    for (const other of replacements(text.charAt(at))) {
      const found = await lapse(replaceText(`${text.slice(0, at)}${other}${text.slice(at + 1)}`));
      if (found !== undefined) lapses.push(`${path}[${at}]: ${found}`);
    }
  }
  return lapses;
}

describe.each(COMBINATIONS)('%s', (_, pack) => {
  const packed = pack(cast);
  const places = placesOf(JSON.parse(packed));

  test('opens as it is', async () => {
    expect((await cast.receiver.unpack(packed)).message).toEqual(JSON.parse(JSON.stringify(CONTENT)));
    expect(places.length).toBeGreaterThanOrEqual(4);
  });

  test('does not open with any character replaced', async () => {
    const lapses: string[] = [];
    for (const place of places) lapses.push(...(await lapsesIn(place)));
    expect(lapses).toEqual([]);
  });

  test('does not open with any text cut, extended, emptied or removed', async () => {
    const lapses: string[] = [];
    for (const { path, text, with: replaceText } of places) {
      for (const other of ['', text.slice(1), text.slice(0, -1), text.slice(0, -4), `${text}A`, `${text}AAAA`]) {
        const found = await lapse(replaceText(other));
        if (found !== undefined) lapses.push(`${path} as ${other}: ${found}`);
      }
    }
    expect(lapses).toEqual([]);
  });
});

describe('a message to two keys', () => {
  const to = [cast.bob.agreement(), cast.bob.agreement('X25519', 2)];
  const packed = cast.forge.jwe({ content: CONTENT, from: cast.alice.agreement(), to });
  const OF_THE_OTHER = 'recipients/1/encrypted_key';
  const places = placesOf(JSON.parse(packed));

  test("does not open with any character replaced, except in the other recipient's encrypted key", async () => {
    const lapses: string[] = [];
    for (const place of places) {
      if (place.path !== OF_THE_OTHER) lapses.push(...(await lapsesIn(place)));
    }
    expect(lapses).toEqual([]);
  });

  test("opens whatever happened to the other recipient's encrypted key", async () => {
    const encryptedKeys = places.filter(({ path }) => path === OF_THE_OTHER);
    expect(encryptedKeys).toHaveLength(1);
    for (const place of encryptedKeys) {
      const opened = await lapsesIn(place);
      expect(opened).toHaveLength(2 * place.text.length);
      expect(opened.filter((found) => !found.endsWith(': accepted'))).toEqual([]);
    }
  });
});
