import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from '../../../src/core/base64url.js';

describe('base64url', () => {
  test('gives what Node gives, for all lengths and bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(text)).toEqual(bytes);
      }),
    );
  });

  test('has one spelling for each value: what decodes, encodes to itself', () => {
    const characters = fc.constantFrom(...'ABCwxyz0189-_+/= \u0141');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = fromBase64url(text, 'it');
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_BASE64URL' });
          return;
        }
        expect(toBase64url(bytes)).toBe(text);
      }),
    );
  });

  test.each(['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AAA=', 'A A', 'AA+A', 'AA/A', 'AA\u0141A', 'A\n'])(
    'refuses %j',
    (text) => {
      expect(() => fromBase64url(text)).toThrow(expect.objectContaining({ code: 'ERR_BASE64URL' }));
    },
  );
});
