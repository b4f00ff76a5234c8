import { expect, test } from 'vitest';
import { matchesAny } from '../../../src/core/wildcard.js';

test.each([
  ['t1', 't1', true],
  ['t1', 't12', false],
  ['*', '', true],
  ['t*', 't', true],
  ['t*', 'at', false],
  ['*t', 'at', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['ab*ba', 'aba', false],
  ['a**b', 'ab', true],
  ['.*', 'x', false],
])('%s and %s: %s', (pattern, text, isMatch) => {
  expect(matchesAny([pattern], text)).toBe(isMatch);
  expect(matchesAny(['nothing', pattern], text)).toBe(isMatch);
});

test('no pattern matches nothing', () => {
  expect(matchesAny([], '')).toBe(false);
});
