import { Encoder } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import { type CborLimits, scanCbor } from '../../../src/core/cbor-scan.js';
import { isWaypostError } from '../../../src/core/errors.js';

const LIMITS: CborLimits = { maxBytes: 1000, maxDepth: 4, maxItems: 50 };

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** The code and the message of the error; undefined when it passes. */
function refusal(bytes: Uint8Array, limits: Partial<CborLimits> = {}): string | undefined {
  try {
    scanCbor(bytes, { ...LIMITS, ...limits }, 'a test');
    return undefined;
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe('CBOR that passes', () => {
  /* RFC 8949, appendix A, as far as its examples are within the rules. */
  test.each([
    ...['00', '0a', '17', '1818', '1864', '1903e8', '1a000f4240', '1b000000e8d4a51000', '20', '3863', '3903e7'],
    ...['f90000', 'f93c00', 'fb3ff199999999999a', 'fa47c35000', 'f97c00', 'f4', 'f5', 'f6'],
    ...['40', '4401020304', '60', '6161', '6449455446', '62225c', '62c3bc', '63e6b0b4', '64f0908591'],
    ...['80', '83010203', '8301820203820405', 'a0', 'a201020304', 'a26161016162820203', '826161a161626163'],
    '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
  ])('%s', (text) => {
    expect(refusal(hex(text))).toBeUndefined();
  });

  test('the largest integers, and not the next', () => {
    expect(refusal(hex('1b001fffffffffffff'))).toBeUndefined();
    expect(refusal(hex('1b0020000000000000'))).toContain('beyond 2^53 - 1');
    expect(refusal(hex('1bffffffffffffffff'))).toContain('beyond 2^53 - 1');
  });

  test('tags that are allowed', () => {
    expect(refusal(hex('c101'), { tags: [1] })).toBeUndefined();
    expect(refusal(hex('c101'), { tags: [2] })).toContain('the tag 1 is not allowed');
    expect(refusal(hex('d818c101'), { tags: [1, 24], maxDepth: 1 })).toContain('ERR_TOO_LARGE');
  });

  test('keys that only look alike', () => {
    expect(refusal(hex('a4 01 00 20 00 6131 00 622d31 00'))).toBeUndefined(); // 1, -1, "1", "-1"
  });
});

describe('CBOR that is refused', () => {
  test.each([
    ['', 'it ends here'],
    ['0000', '1 bytes follow it'],
    ['9f01ff', 'indefinite or reserved'],
    ['5f4101ff', 'indefinite or reserved'],
    ['1c', 'indefinite or reserved'],
    ['ff', 'neither false, true, null nor a float'],
    ['f7', 'neither false, true, null nor a float'],
    ['f0', 'neither false, true, null nor a float'],
    ['f8ff', 'neither false, true, null nor a float'],
    ['1817', 'not written as short as can be'],
    ['190017', 'not written as short as can be'],
    ['1900ff', 'not written as short as can be'],
    ['1a0000ffff', 'not written as short as can be'],
    ['1b00000000ffffffff', 'not written as short as can be'],
    ['580101', 'not written as short as can be'],
    ['19', '2 bytes are announced and 0 are left'],
    ['f93c', '2 bytes are announced and 1 are left'],
    ['4401', '4 bytes are announced and 1 are left'],
    ['5b001fffffffffffff', 'bytes are announced and 0 are left'],
    ['62c328', 'not UTF-8'],
    ['61ff', 'not UTF-8'],
    ['63eda080', 'not UTF-8'],
    ['8301', '3 data items are announced and 1 bytes are left'],
    ['bb001fffffffffffff', 'data items are announced'],
    ['a201000100', 'a key twice'],
    ['a26161006161 01', 'a key twice'],
    ['a1400000', 'a key is neither an integer nor a text'],
    ['a18000', 'a key is neither an integer nor a text'],
    ['a1f500', 'a key is neither an integer nor a text'],
    ['c074', 'the tag 0 is not allowed'],
  ])('%s: %s', (text, why) => {
    expect(refusal(hex(text))).toMatch(/^ERR_CBOR_MALFORMED a test is not acceptable CBOR at byte \d+: /);
    expect(refusal(hex(text))).toContain(why);
  });

  test('by its limits', () => {
    expect(refusal(hex('8181818100'))).toBeUndefined();
    expect(refusal(hex('818181818100'))).toContain('ERR_TOO_LARGE a test is nested deeper than the limit of 4');
    expect(refusal(hex('8181a1008100'), { maxDepth: 3 })).toContain('ERR_TOO_LARGE');
    const fifty = Uint8Array.of(0x98, 49, ...new Uint8Array(49));
    expect(refusal(fifty)).toBeUndefined();
    expect(refusal(fifty, { maxItems: 49 })).toContain('ERR_TOO_LARGE a test has more than 49 data items');
    expect(refusal(fifty, { maxBytes: 50 })).toContain('ERR_TOO_LARGE a test has 51 bytes, the limit is 50');
  });

  test('in a time that does not depend on what is announced, and without overflowing the stack', () => {
    const deep = new Uint8Array(1_000_000).fill(0x81);
    expect(refusal(deep, { maxBytes: 2_000_000, maxDepth: 100, maxItems: 1000 })).toContain('nested deeper');
    const wide = Uint8Array.of(0x9a, 0x7f, 0xff, 0xff, 0xff, ...new Uint8Array(100));
    expect(refusal(wide)).toContain('2147483647 data items are announced');
  });
});

test('what cbor-x writes passes', () => {
  const value = new Map<unknown, unknown>([
    ['a', [1, -1, 1.5, true, null, 'é'.repeat(100)]],
    [-5, new Uint8Array(300)],
  ]);
  const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
  expect(refusal(encoder.encode(value))).toBeUndefined();
});
