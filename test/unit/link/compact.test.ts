import { Encoder } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';
import { compactEnvelope } from '../../../src/link/compact/compact.js';
import { expandEnvelope } from '../../../src/link/compact/expand.js';
import { sampleEnvelopes } from '../../support/sample-envelopes.js';
import { describeVectors } from '../../support/vectors.js';

const SAMPLES = await sampleEnvelopes();
const LIMIT = 100_000;

function sizes(packed: string): { readonly json: number; readonly compact: number } {
  const bytes = utf8(packed);
  const compact = compactEnvelope(bytes);
  if (compact === undefined) throw new Error('travels as it is');
  expect(expandEnvelope(compact, bytes.length)).toEqual(bytes);
  return { json: bytes.length, compact: compact.length };
}

/** Whether it becomes compact; it then has to come back. */
function isCompacted(text: string): boolean {
  const bytes = utf8(text);
  const compact = compactEnvelope(bytes);
  if (compact !== undefined) expect(expandEnvelope(compact, bytes.length)).toEqual(bytes);
  return compact !== undefined;
}

describe('what waypost packs', () => {
  test.each(SAMPLES)('$dids: $kind', ({ dids, kind, packed }) => {
    const { json, compact } = sizes(packed);
    const bar = { authcrypt: 0.56, anoncrypt: 0.62, forward: dids.endsWith('service') ? 0.7 : 0.69, signed: 0.73 };
    expect(compact / json).toBeLessThanOrEqual(bar[kind]);
  });
});

describeVectors('didcomm-v2.1', 'the examples of the specification', (vectors) => {
  const encrypted = vectors.names.filter((name) => /^c[23]-.*[0-9a-z]\.json$/.test(name) && !name.includes('expected'));
  test.each(encrypted)('%s', (name) => {
    sizes(JSON.stringify(vectors.json(name)));
  });
});

const KID = 'did:example:bob#key-1';
const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwe = (members: object): string =>
  JSON.stringify({
    protected: header({ alg: 'ECDH-ES+A256KW', apv: 'AAAA' }),
    recipients: [{ header: { kid: KID }, encrypted_key: 'AAAA' }],
    ...members,
  });

describe('an envelope of another sender', () => {
  test.each([
    [
      'with its members in another order',
      `{"tag":"AAAA","iv":"BBBB","protected":"${header({ enc: 'XC20P', alg: 'x' })}"}`,
    ],
    ['with members that nobody knows', jwe({ extra: { a: [1, 0, 4294967295, true, false, null, 'x', ''] } })],
    ['with base64url that is not canonical', jwe({ iv: 'AB', tag: 'A', ciphertext: 'AAA=' })],
    [
      'with a protected header that is spelled otherwise',
      jwe({ protected: Buffer.from('{ "alg": 1 }').toString('base64url') }),
    ],
    ['with a protected header that is no object', jwe({ protected: header([1]) })],
    ['with a protected header that is no base64url', jwe({ protected: 'not base64url' })],
    ['with a key id without a DID', jwe({ recipients: [{ header: { kid: 'x' } }, { header: { kid: '' } }] })],
    [
      'with recipients of one DID',
      jwe({ recipients: ['1', '2', '3'].map((n) => ({ header: { kid: `${KID}${n}` } })) }),
    ],
    ['with characters beyond ASCII', jwe({ extra: '"\\\n\u0001é字😀' })],
  ])('%s', (_, text) => {
    expect(isCompacted(text)).toBe(true);
  });

  test.each([
    ['with spaces', jwe({}).replaceAll(':', ': ')],
    ['with another spelling of a character', jwe({}).replace('kid', '\\u006bid')],
    ['with a member twice', jwe({}).replace('{', '{"iv":"AAAA","iv":"AAAA",')],
    ['with members that JSON.parse puts in another order', jwe({ extra: 1 }).replace('"extra"', '"10":0,"9"')],
    ['with half a surrogate pair', jwe({ extra: '\ud800' })],
    ['with a negative number', jwe({ extra: -3 })],
    ['with a fraction', jwe({ extra: 0.5 })],
    ['with a large number', jwe({ extra: 2 ** 32 })],
    ['with a protected header that is JSON itself', jwe({ protected: { alg: 'x' } })],
    ['with an apu that looks like an abbreviation', jwe({ protected: header({ apu: true, skid: KID }) })],
    ['with an apv that looks like an abbreviation', jwe({ protected: header({ apv: true }) })],
    ['with a key id that looks like an abbreviation', jwe({ recipients: [{ header: { kid: '#1' } }] })],
    ['with an array for a key id', jwe({ recipients: [{ header: { kid: ['', '#1'] } }] })],
    ['that is nested deep', jwe({ extra: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) })],
    ['with more values than a hundred recipients have', jwe({ extra: new Array(2000).fill('A') })],
    ['that has no end', jwe({}).slice(0, -1)],
    ['that is empty', '{}'],
  ])('%s, travels as it is', (_, text) => {
    expect(isCompacted(text)).toBe(false);
  });
});

describe('a key id of a did:peer:2', () => {
  const keys = 'Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc.Vz6MkqRYqQiSgvZQdnBytw86Qbs2ZWUkGv22od935YF4s8M7V';
  /** By how much the envelope grows when this stands in it instead of a text of one character. */
  const growth = (kid: string): number => {
    const of = (text: string): number => sizes(jwe({ recipients: [{ header: { kid: text } }] })).compact;
    return of(kid) - of('a');
  };

  test.each([
    `did:peer:2.${keys}#key-1`,
    `did:peer:2.${keys}.SeyJ0IjoiZG0iLCJzIjoiaHR0cDovL2V4YW1wbGUuY29tIn0#key-1`,
    `did:peer:2.${keys}.SW10#key-1`, // a service that is no object
    `did:peer:2.${keys}.Ez111z#key-1`, // leading zeros
  ])('%s: is taken apart', (kid) => {
    expect(growth(kid)).toBeLessThan(0.85 * kid.length);
  });

  test.each([
    `did:peer:2.${keys}..E#key-1`,
    `did:peer:2.${keys}.E0OIl#key-1`,
    `did:peer:2.Ez${'2'.repeat(96)}#key-1`,
    `did:peer:2.${keys}`,
    'did:peer:2.#',
  ])('%s: stays a text', (kid) => {
    expect(growth(kid)).toBe(kid.length - (kid.length < 24 ? 1 : 0));
  });
});

describe('what is no envelope in JSON', () => {
  test.each(['', '00', '01', '01a0', 'ff', 'd28443a10126', 'd8608340a0f6', '5b5d', '7b'])(
    '%s travels as it is',
    (hex) => {
      expect(compactEnvelope(new Uint8Array(Buffer.from(hex, 'hex')))).toBeUndefined();
    },
  );
});

describe('a compact envelope that nobody should have made', () => {
  test('is at least not longer than the limit when it is expanded', () => {
    for (const { packed } of SAMPLES) {
      const bytes = utf8(packed);
      const compact = compactEnvelope(bytes) ?? bytes;
      expect(expandEnvelope(compact, bytes.length)).toEqual(bytes);
      expect(() => expandEnvelope(compact, bytes.length - 1)).toThrow(/the limit is/);
      expect(() => expandEnvelope(compact, 10)).toThrow(/the limit is 10/);
    }
  });

  const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
  const map = (...entries: [unknown, unknown][]): Map<unknown, unknown> => new Map(entries);
  const recipient = (kid: unknown): unknown => map([2, map([3, kid])]);

  function codeOf(value: unknown, limit = LIMIT): unknown {
    try {
      return expandEnvelope(Uint8Array.of(1, ...encoder.encode(value)), limit);
    } catch (error) {
      return isWaypostError(error) ? error.code : error;
    }
  }

  test.each([
    ['no map', [1]],
    ['a key without a name', map([1000, 1])],
    ['a negative key', map([-1, 1])],
    ['a word that is not there', map(['a', -1000])],
    ['a fraction', map(['a', 1.5])],
    ['infinity', map(['a', Number.POSITIVE_INFINITY])],
    ['an empty byte string', map(['a', new Uint8Array(0)])],
    ['an apu of no skid', map([0, map([17, true])])],
    ['a fragment of no DID', map([1, [recipient('#1')]])],
    ['a fragment after a key id without one', map([1, [recipient('did:a'), recipient('#1')]])],
    ['a did:peer:2 of nothing', map([1, [recipient([])]])],
    ['a did:peer:2 of too little', map([1, [recipient(['EV', new Uint8Array(3), '#1'])]])],
    ['a did:peer:2 of texts', map([1, [recipient(['E', 'x', '#1'])]])],
    ['a did:peer:2 of a long key', map([1, [recipient(['E', new Uint8Array(71), '#1'])]])],
  ])('%s', (_, value) => {
    expect(codeOf(value)).toBe('ERR_COMPACT_MALFORMED');
  });

  test('cannot become longer than the limit by key ids that refer to a long DID', () => {
    const kids = [`did:${'x'.repeat(5000)}#1`, ...Array.from({ length: 200 }, () => '#2')];
    expect(codeOf(map([1, kids.map(recipient)]), 1_000_000_000)).toBeInstanceOf(Uint8Array);
    // Found before they are put together for `apv`, not when they are written.
    const value = map([0, map([16, true])], [1, kids.map(recipient)]);
    const compact = Uint8Array.of(1, ...encoder.encode(value));
    expect(() => expandEnvelope(compact, LIMIT)).toThrow('key ids of a compact envelope are longer than 100000 bytes');
  });

  test('cannot become longer than the limit by characters that JSON escapes', () => {
    expect(codeOf(map(['a', '\u0001'.repeat(20_000)]))).toBe('ERR_TOO_LARGE');
    expect(codeOf(map([0, map(['a', '\u0001'.repeat(90_000)])]))).toBe('ERR_TOO_LARGE');
  });

  test('is looked through before it is decoded', () => {
    expect(() => expandEnvelope(Uint8Array.of(1, 0xbf, 0xff), LIMIT)).toThrow(/acceptable CBOR/);
    expect(() => expandEnvelope(Uint8Array.of(1, 0xa2, 0, 0, 0, 0), LIMIT)).toThrow(/a key twice/);
    expect(() => expandEnvelope(Uint8Array.of(2, 0xa0), LIMIT)).toThrow(/first byte/);
  });
});
