import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { readSenml, type SenmlBase } from '../../../src/sensor/senml.js';
import { type Cbor, cbor } from '../../support/sensor-device.js';

const NOW_MS = Date.UTC(2026, 0, 1);

function json(records: unknown, defaults?: SenmlBase) {
  return readSenml(Buffer.from(JSON.stringify(records)), 'json', NOW_MS, defaults);
}

function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    return `${error.code} ${error.message}`;
  }
}

const map = (...items: readonly (readonly [number | string, Cbor])[]) => new Map(items);

describe('packs', () => {
  test('RFC 8428, 5.1.2: base fields hold for the records behind them', () => {
    const pack = json([
      { bn: 'urn:dev:ow:10e2073a01080063:', bt: 1.276020076001e9, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: 0, v: 1.7 },
    ]);
    const name = 'urn:dev:ow:10e2073a01080063:';
    expect(pack).toEqual({
      baseName: name,
      isTimed: true,
      readings: [
        { name: `${name}voltage`, unit: 'V', value: 120.1, timeMs: 1_276_020_076_001 },
        { name: `${name}current`, unit: 'A', value: 1.2, timeMs: 1_276_020_071_001 },
        { name: `${name}current`, unit: 'A', value: 1.7, timeMs: 1_276_020_076_001 },
      ],
    });
  });

  test('RFC 8428, 5.1.4: texts, booleans and data', () => {
    const pack = json([
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'temp', u: 'Cel', v: 23.1 },
      { n: 'label', vs: 'Machine Room' },
      { n: 'open', vb: false },
      { n: 'nfc-reader', vd: 'aGkgCg' },
    ]);
    expect(pack.readings.map(({ value }) => value)).toEqual([
      23.1,
      'Machine Room',
      false,
      Uint8Array.from(Buffer.from('hi \n')),
    ]);
    expect(pack.isTimed).toBe(false);
  });

  test('in CBOR, with labels as numbers (RFC 8428, 6)', () => {
    const bytes = cbor([
      map([-2, 'urn:dev:x:'], [-3, 1_500_000_000], [-4, 'A'], [-1, 5], [0, 'u'], [1, 'V'], [2, 120.5]),
      map([0, 'c'], [6, -5], [2, 1.25]),
      map([0, 'd'], [8, Buffer.of(1, 2)]),
      map([0, 'b'], [4, true]),
      map([0, 's'], [3, 'x']),
    ]);
    const { readings } = readSenml(bytes, 'cbor', NOW_MS);
    expect(readings).toEqual([
      { name: 'urn:dev:x:u', unit: 'V', value: 120.5, timeMs: 1_500_000_000_000 },
      { name: 'urn:dev:x:c', unit: 'A', value: 1.25, timeMs: 1_499_999_995_000 },
      { name: 'urn:dev:x:d', unit: 'A', value: Uint8Array.of(1, 2), timeMs: 1_500_000_000_000 },
      { name: 'urn:dev:x:b', unit: 'A', value: true, timeMs: 1_500_000_000_000 },
      { name: 'urn:dev:x:s', unit: 'A', value: 'x', timeMs: 1_500_000_000_000 },
    ]);
  });

  test('a time below 2^28 is relative to now, also together with its base', () => {
    const times = (...records: object[]) => json(records).readings.map(({ timeMs }) => timeMs - NOW_MS);
    expect(times({ n: 'a', v: 1 }, { n: 'a', v: 1, t: -0.5 }, { n: 'a', v: 1, t: 2 ** 28 - 1 })).toEqual([
      0,
      -500,
      (2 ** 28 - 1) * 1000,
    ]);
    expect(json([{ n: 'a', v: 1, t: 2 ** 28 }]).readings[0]?.timeMs).toBe(2 ** 28 * 1000);
    expect(times({ bt: -100, n: 'a', v: 1, t: -20 }, { n: 'a', v: 2 })).toEqual([-120_000, -100_000]);
    const mixed = json([
      { n: 'a', v: 1, t: 1_700_000_000 },
      { n: 'a', v: 1 },
    ]);
    expect(mixed.isTimed).toBe(false);
  });

  test('base values are added, and records without a value only carry bases', () => {
    const { readings } = json([
      { bv: 20, bn: 'x/' },
      { n: 't', v: 1.5 },
      { n: 't', vb: true },
      { bv: 0, n: 't', v: 3, s: 100 },
    ]);
    expect(readings.map(({ value }) => value)).toEqual([21.5, true, 3]);
  });

  test('what is registered stands in for what is left out', () => {
    const defaults = { name: 'urn:dev:mac:1:', unit: 'Cel' };
    expect(json([{ n: 't', v: 1 }], defaults).readings[0]).toMatchObject({ name: 'urn:dev:mac:1:t', unit: 'Cel' });
    expect(json([{ v: 1, bn: 'b', u: 'K' }], defaults).readings[0]).toMatchObject({ name: 'b', unit: 'K' });
  });

  test('unknown labels are passed over', () => {
    expect(json([{ n: 't', v: 1, ut: 5, foo: { bar: [1] } }]).readings).toHaveLength(1);
    expect(readSenml(cbor([map([0, 't'], [2, 1], [99, 'x'])]), 'cbor', NOW_MS).readings).toHaveLength(1);
  });
});

describe('refused', () => {
  test.each([
    ['no list', { n: 't', v: 1 }, 'not a list'],
    ['nothing', [], 'not a list'],
    ['no value at all', [{ n: 't' }], 'no value'],
    ['no record', [1], 'not an object'],
    ['no name', [{ v: 1 }], 'the name'],
    ['a name that begins wrongly', [{ n: ':t', v: 1 }], 'the name'],
    ['a name with a space', [{ n: 'a b', v: 1 }], 'the name'],
    ['two values', [{ n: 't', v: 1, vb: true }], 'v and vb'],
    ['a sum alone', [{ n: 't', s: 1 }], 'sum'],
    ['a text for a number', [{ n: 't', v: '1' }], 'v is not a number'],
    ['a number for a text', [{ n: 't', vs: 1 }], 'vs is of the wrong type'],
    ['a number for a boolean', [{ n: 't', vb: 1 }], 'vb is of the wrong type'],
    ['data that is not base64url', [{ n: 't', vd: '=' }], 'not base64url'],
    ['a label that must be understood', [{ n: 't', v: 1, x_: 1 }], 'must be understood'],
    ['a later version', [{ bver: 11, n: 't', v: 1 }], 'version 11'],
    ['a sum beyond numbers', [{ bv: 1.7e308, n: 't', v: 1.7e308 }], 'more than a number'],
    ['a time behind all calendars', [{ n: 't', v: 1, t: 1e12 }], 'out of range'],
    ['a time before 1970', [{ n: 't', v: 1, t: -1e11 }], 'out of range'],
    ['a unit that is no text', [{ n: 't', v: 1, u: 5 }], 'u is not a text'],
    ['a long unit', [{ n: 't', v: 1, u: 'x'.repeat(65) }], 'u is not a text'],
    ['a long name', [{ bn: 'x'.repeat(200), n: 'x'.repeat(100), v: 1 }], 'the name'],
  ])('%s', (_, records, why) => {
    expect(refusal(() => json(records))).toMatch(/^ERR_FRAME_MALFORMED /);
    expect(refusal(() => json(records))).toContain(why);
  });

  test('too many records, and too deep', () => {
    const records = (count: number) => Array.from({ length: count }, () => ({ n: 't', v: 1 }));
    expect(json(records(256)).readings).toHaveLength(256);
    expect(refusal(() => json(records(257)))).toMatch(/^ERR_TOO_LARGE/);
    expect(refusal(() => readSenml(Buffer.from('['.repeat(1000)), 'json', NOW_MS))).toMatch(/^ERR_TOO_LARGE/);
    expect(refusal(() => readSenml(Buffer.alloc(1000, 0x81), 'cbor', NOW_MS))).toMatch(/^ERR_TOO_LARGE/);
  });

  test('in JSON: a label twice in one record, however it is spelled', () => {
    const read = (text: string) => refusal(() => readSenml(Buffer.from(text), 'json', NOW_MS));
    for (const twice of ['"v":1,"v":2', '"v":1,"t":0,"v":1', '"v":1,"\\u0076":2', '"v" :1, "v"\n:2']) {
      expect(read(`[{"n":"t",${twice}}]`), twice).toMatch(/^ERR_JSON_MALFORMED .*twice/);
    }
    expect(read('[{"n":"t","v":1},{"n":"t","v":2}]')).toBeUndefined();
  });

  test('in CBOR: a label twice, as a number, a name or both; NaN and infinity', () => {
    const read = (...items: readonly (readonly [number | string, Cbor])[]) =>
      refusal(() => readSenml(cbor([map(...items)]), 'cbor', NOW_MS));
    expect(read([0, 't'], [2, 1], ['v', 2])).toContain('"v" is there twice');
    expect(refusal(() => readSenml(Buffer.from('81a300617402010202', 'hex'), 'cbor', NOW_MS))).toMatch(
      /^ERR_CBOR_MALFORMED/,
    );
    expect(read([0, 't'], [2, Number.NaN])).toContain('v is not a number');
    expect(read([0, 't'], [2, 1], [6, Number.NEGATIVE_INFINITY])).toContain('t is not a number');
    expect(refusal(() => readSenml(Buffer.from('9fa20061740201ff', 'hex'), 'cbor', NOW_MS))).toMatch(
      /^ERR_CBOR_MALFORMED/,
    );
  });
});
