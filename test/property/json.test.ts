import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../src/core/json.js';
import { runs } from '../support/fuzz.js';

const LIMITS = { maxBytes: 1_000_000, maxDepth: 100, hasUniqueNames: true };

test('JSON with unique names is read as JSON.parse reads it, however it is spaced', () => {
  const isRead = (value: unknown, space: string) => {
    const text = JSON.stringify(value, null, space);
    expect(parseJson(text, LIMITS, 'it')).toEqual(JSON.parse(text));
  };
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\t'), isRead), runs(500));
});

test('a name twice is found, whatever stands between', () => {
  const isFound = (name: string, first: unknown, between: Record<string, unknown>, second: unknown) => {
    const [a, b] = [first, second].map((value) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    const inner = JSON.stringify(between).slice(1, -1);
    const text = `[{${[a, inner, b].filter((part) => part !== '').join(' ,\n')}}]`;
    expect(() => parseJson(text, LIMITS, 'it')).toThrow('a name twice');
  };
  const value = fc.jsonValue({ maxDepth: 3 });
  const members = fc.dictionary(fc.string(), value, { maxKeys: 5 });
  fc.assert(fc.property(fc.string(), value, members, value, isFound), runs(500));
});
