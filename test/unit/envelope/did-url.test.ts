import { describe, expect, test } from 'vitest';
import {
  didOf,
  fragmentOf,
  isDid,
  isDidWithoutFragment,
  isKeyId,
  MAX_DID_LENGTH,
} from '../../../src/envelope/did-url.js';

/** [text, is a DID, may stand in `from` and `to`, names a key] */
const TEXTS: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ['did:example:bob', true, true, false],
  ['did:peer:2.Ez6LS.Vz6Mk.SeyJ0IjoiZG0ifQ==', true, true, false],
  ['did:web:example.org%3A8443:path', true, true, false],
  ['did:example:bob#key-1', false, false, true],
  ['did:key:z6Mk#z6Mk', false, false, true],
  ['did:example:bob/path?query', false, true, false],
  ['did:example:bob?versionId=1#key-1', false, false, true],
  ['did:example:bob#', false, false, false],
  ['did:example:bob#a#b', false, false, false],
  ['did:example:bob#a b', false, false, false],
  ['did:example:bob#ä', false, false, false],
  ['did:example:bob/a\\b', false, false, false],
  ['did:example:bob?\n', false, false, false],
  ['did:example:bob:', false, false, false],
  ['did:example:', false, false, false],
  ['did:Example:bob', false, false, false],
  ['DID:example:bob', false, false, false],
  [' did:example:bob', false, false, false],
  ['did:example:bob ', false, false, false],
  ['#key-1', false, false, false],
  ['', false, false, false],
];

test.each(TEXTS)('%j', (text, did, withoutFragment, keyId) => {
  expect([isDid(text), isDidWithoutFragment(text), isKeyId(text)]).toEqual([did, withoutFragment, keyId]);
});

test.each([undefined, null, 7, {}, ['did:example:bob']])('%j is nothing of the kind', (value) => {
  expect([isDid(value), isDidWithoutFragment(value), isKeyId(value)]).toEqual([false, false, false]);
});

test('what is too long is nothing either', () => {
  const longest = `did:example:${'a'.repeat(MAX_DID_LENGTH - 12)}`;
  expect([isDid(longest), isKeyId(`${longest}#key-1`)]).toEqual([true, true]);
  expect([isDid(`${longest}a`), isKeyId(`${longest}a#key-1`)]).toEqual([false, false]);
  expect(isKeyId(`did:example:bob#${'a'.repeat(2 * MAX_DID_LENGTH)}`)).toBe(false);
});

describe('parts', () => {
  test.each([
    ['did:example:bob#key-1', 'did:example:bob', 'key-1'],
    ['did:example:bob/path?query#key', 'did:example:bob', 'key'],
    ['did:example:bob', 'did:example:bob', undefined],
    ['did:example:bob#', 'did:example:bob', ''],
  ])('%s', (text, did, fragment) => {
    expect([didOf(text), fragmentOf(text)]).toEqual([did, fragment]);
  });
});
