import { fromBase64url } from '../core/base64url.js';
import { plainBytes } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { isJsonObject, parseJson } from '../core/json.js';
import { decodeCbor, MAX_FRAME_BYTES } from './cbor.js';
import type { Reading } from './reading.js';

/*
 * SenML (RFC 8428): a pack of records, in JSON or CBOR, whose base fields hold for the records behind them.
 */

export type SenmlFormat = 'json' | 'cbor';

/** Labels in CBOR (RFC 8428, 6, table 4), by the names that JSON has. */
const CBOR_LABELS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...([
    [-1, 'bver'],
    [-2, 'bn'],
    [-3, 'bt'],
    [-4, 'bu'],
    [-5, 'bv'],
    [-6, 'bs'],
  ] as const),
  ...([
    [0, 'n'],
    [1, 'u'],
    [2, 'v'],
    [3, 'vs'],
    [4, 'vb'],
    [5, 's'],
    [6, 't'],
    [7, 'ut'],
    [8, 'vd'],
  ] as const),
]);

const MAX_RECORDS = 256;
const MAX_NAME_CHARS = 255;
const MAX_UNIT_CHARS = 64;
/** The version of RFC 8428, 4.4. */
const VERSION = 10;
/** Smaller times are relative to now (RFC 8428, 4.5.3). */
const RELATIVE_BELOW_S = 2 ** 28;
/** The end of the year 9999, behind which ISO 8601 has other rules. */
const MAX_TIME_S = 253_402_300_799;
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;
const VALUES = ['v', 'vs', 'vb', 'vd'] as const;

/** What a device need not send with each pack, because its registration says so. */
export interface SenmlBase {
  readonly name?: string;
  readonly unit?: string;
}

export interface Pack {
  readonly readings: readonly Reading[];
  /** Of its first record; undefined when it names none. */
  readonly baseName: string | undefined;
  /** Every reading carried an absolute time. */
  readonly isTimed: boolean;
}

type SenmlRecord = ReadonlyMap<string, unknown>;

/** The base fields that hold at some record. */
interface Base {
  name: string;
  unit: string | undefined;
  timeS: number;
  value: number;
}

/**
 * The readings of a pack, resolved (RFC 8428, 4.6) with `nowMs` for relative times. A record that only carries base fields
 * gives none. Sums (`s`, `bs`) and update times are passed over where there is a value, and no value of their own.
 * Throws ERR_FRAME_MALFORMED, ERR_TOO_LARGE, ERR_CBOR_MALFORMED, ERR_JSON_MALFORMED, ERR_NOT_UTF8.
 */
export function readSenml(bytes: Uint8Array, format: SenmlFormat, nowMs: number, defaults: SenmlBase = {}): Pack {
  const records = format === 'json' ? jsonRecords(bytes) : cborRecords(bytes);
  const base: Base = { name: defaults.name ?? '', unit: defaults.unit, timeS: 0, value: 0 };
  const readings: Reading[] = [];
  let isTimed = true;
  for (const record of records) {
    takeBase(record, base);
    const timeS = base.timeS + numberOf(record, 't', 0);
    const value = valueIn(record, base, format);
    if (value === undefined) continue;
    const isRelative = timeS < RELATIVE_BELOW_S;
    if (isRelative) isTimed = false;
    const timeMs = Math.round((isRelative ? nowMs / 1000 + timeS : timeS) * 1000);
    if (timeMs < 0 || timeMs > MAX_TIME_S * 1000) throw malformed(`the time ${timeS} is out of range`);
    const unit = textOf(record, 'u', MAX_UNIT_CHARS) ?? base.unit;
    readings.push({ name: nameOf(record, base), value, timeMs, ...(unit === undefined ? {} : { unit }) });
  }
  if (readings.length === 0) throw malformed('it has no value');
  const [first] = records;
  return { readings, baseName: first && textOf(first, 'bn', MAX_NAME_CHARS), isTimed };
}

function jsonRecords(bytes: Uint8Array): readonly SenmlRecord[] {
  const limits = { maxBytes: MAX_FRAME_BYTES, maxDepth: 4, maxContainers: MAX_RECORDS + 1, hasUniqueNames: true };
  return recordsOf(parseJson(bytes, limits, 'a SenML pack'), (record) => {
    if (!isJsonObject(record)) throw malformed('a record is not an object');
    return new Map(Object.entries(record));
  });
}

function cborRecords(bytes: Uint8Array): readonly SenmlRecord[] {
  return recordsOf(decodeCbor(bytes, 'a SenML pack'), (record) => {
    if (!(record instanceof Map)) throw malformed('a record is not a map');
    const named = new Map<string, unknown>();
    for (const [label, value] of record) {
      const name = CBOR_LABELS.get(label) ?? String(label);
      // A label may come as its number or as its name, and then it would come twice.
      if (named.has(name)) throw malformed(`the label ${quote(name)} is there twice`);
      named.set(name, value);
    }
    return named;
  });
}

function recordsOf(pack: unknown, read: (record: unknown) => SenmlRecord): readonly SenmlRecord[] {
  if (!Array.isArray(pack) || pack.length === 0) throw malformed('it is not a list of records');
  if (pack.length > MAX_RECORDS) {
    throw new WaypostError('ERR_TOO_LARGE', `a SenML pack has ${pack.length} records, the limit is ${MAX_RECORDS}`);
  }
  const records = pack.map(read);
  for (const record of records) {
    for (const label of record.keys()) {
      // RFC 8428, 4.4: whoever does not know such a label must not go on.
      if (label.endsWith('_')) throw malformed(`the label ${quote(label)} must be understood, and is not`);
    }
  }
  return records;
}

function takeBase(record: SenmlRecord, base: Base): void {
  const version = numberOf(record, 'bver', VERSION);
  if (version > VERSION) throw malformed(`its version ${version} is above ${VERSION}`);
  base.name = textOf(record, 'bn', MAX_NAME_CHARS) ?? base.name;
  base.unit = textOf(record, 'bu', MAX_UNIT_CHARS) ?? base.unit;
  base.timeS = numberOf(record, 'bt', base.timeS);
  base.value = numberOf(record, 'bv', base.value);
}

function nameOf(record: SenmlRecord, base: Base): string {
  const name = base.name + (textOf(record, 'n', MAX_NAME_CHARS) ?? '');
  if (name.length <= MAX_NAME_CHARS && NAME.test(name)) return name;
  throw malformed(`the name ${quote(name)} is empty, too long, or has a character that SenML does not allow`);
}

function valueIn(record: SenmlRecord, base: Base, format: SenmlFormat): Reading['value'] | undefined {
  const given = VALUES.filter((label) => record.has(label));
  if (given.length > 1) throw malformed(`a record has the values ${given.join(' and ')}`);
  const [label] = given;
  if (label === undefined) {
    if (record.has('s')) throw malformed('a record has a sum and no value, which is not supported');
    return undefined;
  }
  if (label === 'v') {
    const sum = base.value + numberOf(record, 'v', 0);
    if (Number.isFinite(sum)) return sum;
    throw malformed('bv and v are more than a number can be');
  }
  const value = record.get(label);
  if (label === 'vs' && typeof value === 'string') return value;
  if (label === 'vb' && typeof value === 'boolean') return value;
  if (label === 'vd') return dataOf(value, format);
  throw malformed(`the value ${label} is of the wrong type`);
}

/** Bytes in CBOR, base64url without padding in JSON (RFC 8428, 5). */
function dataOf(value: unknown, format: SenmlFormat): Uint8Array {
  if (format === 'cbor' && value instanceof Uint8Array) return plainBytes(value).slice();
  if (format === 'cbor' || typeof value !== 'string') throw malformed('the value vd is of the wrong type');
  try {
    return fromBase64url(value, 'the value vd');
  } catch (error) {
    if (isWaypostError(error)) throw malformed('the value vd is not base64url');
    throw error;
  }
}

function numberOf(record: SenmlRecord, label: string, absent: number): number {
  const value = record.get(label);
  if (value === undefined) return absent;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw malformed(`${label} is not a number`);
}

function textOf(record: SenmlRecord, label: string, maxChars: number): string | undefined {
  const value = record.get(label);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length <= maxChars) return value;
  throw malformed(`${label} is not a text of at most ${maxChars} characters`);
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_FRAME_MALFORMED', `a SenML pack is not acceptable: ${why}`);
}
