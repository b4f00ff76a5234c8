import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import { decodeBase45, encodeBase45 } from '../../../src/link/base45.js';

describe('Base45', () => {
  /* RFC 9285, sections 4.3 and 4.4. */
  it.each([
    ['AB', 'BB8'],
    ['Hello!!', '%69 VD92EX0'],
    ['base-45', 'UJCLQE7W581'],
    ['ietf!', 'QED8WEX0'],
    ['', ''],
  ])('writes %j as %j, and back', (plain, text) => {
    expect(encodeBase45(utf8(plain))).toBe(text);
    expect(fromUtf8(decodeBase45(text) ?? new Uint8Array([0]))).toBe(plain);
  });

  it('has the largest values of one and of two bytes', () => {
    expect(decodeBase45('FGW')).toEqual(Uint8Array.of(0xff, 0xff));
    expect(decodeBase45('U5')).toEqual(Uint8Array.of(0xff));
  });

  it.each([
    ['one character left over', 'BB8B'],
    ['a group over two bytes', 'GGW'],
    ['the largest group', ':::'],
    ['an end over one byte', 'V5'],
    ['lower case', 'bb8'],
    ['a character that is not of it', 'BB_'],
    ['a character beyond one byte', 'BBŁ'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase45(text)).toBeUndefined();
  });
});
