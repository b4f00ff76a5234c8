import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { parseJson, parseJsonObject } from '../../../src/core/json.js';

const LIMITS = { maxBytes: 1000, maxDepth: 3, maxContainers: 5 };
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('JSON from outside', () => {
  test('is parsed within the limits, from text and from bytes', () => {
    const text = '{"a":[[1,"[[[[{{{{"],"\\"[[[["]}';
    expect(parseJson(text, LIMITS, 'it')).toEqual({ a: [[1, '[[[[{{{{'], '"[[[['] });
    expect(parseJson(utf8(text), LIMITS, 'it')).toEqual(JSON.parse(text));
  });

  test.each([
    ['more bytes', ' '.repeat(1001), 'ERR_TOO_LARGE'],
    ['more depth', '[[[[1]]]]', 'ERR_TOO_LARGE'],
    ['more depth in broken JSON', '[[[[', 'ERR_TOO_LARGE'],
    ['more arrays and objects', '[{},{},{},{},[]]', 'ERR_TOO_LARGE'],
    ['a string without end', '["\\"', 'ERR_JSON_MALFORMED'],
    ['a string that ends in backslashes', '["a\\\\",[[[1]]]]', 'ERR_TOO_LARGE'],
    ['no JSON', 'nonsense', 'ERR_JSON_MALFORMED'],
    ['nothing', '', 'ERR_JSON_MALFORMED'],
  ])('is refused with %s', (_, text, expected) => {
    expect(() => parseJson(text, LIMITS, 'it')).toThrow(code(expected));
  });

  test('is refused when its bytes are not UTF-8, or begin with a byte order mark', () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), LIMITS, 'it')).toThrow(code('ERR_NOT_UTF8'));
    expect(() => parseJson(utf8('\ufeff{}'), LIMITS, 'it')).toThrow(code('ERR_JSON_MALFORMED'));
  });

  test.each([
    ['side by side', '{"a":1,"a":2}'],
    ['apart, in an object in a list', '[{"a":{"b":1},"c":0,"a":2}]'],
    ['one of them with escapes', '{"a":1,"\\u0061":2}'],
    ['with space before the colon', '{"a" :1,"a"\n\t:2}'],
    ['the empty one', '{"":1,"":2}'],
    ['one that objects have by themselves', '{"__proto__":1,"__proto__":2}'],
  ])('is refused, where names are to be unique, with a name twice: %s', (_, text) => {
    expect(() => parseJson(text, LIMITS, 'it')).not.toThrow();
    expect(() => parseJson(text, { ...LIMITS, hasUniqueNames: true }, 'it')).toThrow(code('ERR_JSON_MALFORMED'));
  });

  test.each(['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":2}]', '{"a":"a","b":["a","a"]}', '{"a":"b\\":1,","b":2}'])(
    'is taken with a name twice in different places: %s',
    (text) => {
      expect(parseJson(text, { ...LIMITS, hasUniqueNames: true }, 'it')).toEqual(JSON.parse(text));
    },
  );

  test('never quotes its content in an error', () => {
    expect(() => parseJson('{"secret": nonsense', LIMITS, 'it')).toThrow(/^it is not JSON$/);
  });

  test.each(['[]', 'null', '"text"', '1'])('that must be an object is refused as %s', (text) => {
    expect(() => parseJsonObject(text, LIMITS, 'it')).toThrow(code('ERR_JSON_MALFORMED'));
  });
});
