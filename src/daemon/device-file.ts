import { fromUtf8 } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { parseJson } from '../core/json.js';
import { MAX_DEVICES } from '../sensor/spaces.js';

/** A device of a file, and where it stands: the number of its line, or its place in the list. */
export interface ListedDevice {
  readonly line: number;
  /** Not checked; undefined for a line that cannot be read. */
  readonly device: unknown;
  readonly problem?: string;
}

export const MAX_DEVICE_FILE_BYTES = 4 * 1024 * 1024;
/** As many devices as there may be, and the first line. */
const MAX_LINES = 1 + MAX_DEVICES;
const COLUMNS: readonly string[] = ['id', 'authentication', 'key', 'name', 'location', 'baseName', 'baseUnit'];

/**
 * The devices in a file: a JSON list of objects, or CSV (RFC 4180, without line breaks in fields) whose first line names the
 * columns. Throws ERR_CONFIG for a file that is neither, ERR_TOO_LARGE, ERR_NOT_UTF8.
 */
export function readDeviceList(bytes: Uint8Array): readonly ListedDevice[] {
  const text = fromUtf8(bytes).replace(/^\ufeff/, '');
  return text.trimStart().startsWith('[') ? fromJson(text) : fromCsv(text);
}

function fromJson(text: string): readonly ListedDevice[] {
  const list = attempt(() => parseJson(text, { maxBytes: MAX_DEVICE_FILE_BYTES, maxDepth: 4 }, 'the list of devices'));
  if (!Array.isArray(list)) throw new WaypostError('ERR_CONFIG', 'the list of devices is not a JSON list');
  return list.map((device: unknown, index) => ({ line: index + 1, device }));
}

function fromCsv(text: string): readonly ListedDevice[] {
  const lines = text.trimEnd().split(/\r?\n/, MAX_LINES + 1);
  if (lines.length > MAX_LINES) throw new WaypostError('ERR_TOO_LARGE', `the list has more than ${MAX_LINES} lines`);
  const columns = fieldsOf(lines[0] ?? '') ?? [];
  const strange = columns.find((column) => !COLUMNS.includes(column));
  if (strange !== undefined || !columns.includes('id')) {
    const what = strange === undefined ? 'there is no id' : `${quote(strange)} is none of them`;
    throw new WaypostError('ERR_CONFIG', `the first line names columns out of ${COLUMNS.join(',')}; ${what}`);
  }
  const devices: ListedDevice[] = [];
  for (const [index, line] of lines.entries()) {
    if (index > 0 && line.trim() !== '') devices.push({ line: index + 1, ...readLine(line, columns) });
  }
  return devices;
}

function readLine(line: string, columns: readonly string[]): Omit<ListedDevice, 'line'> {
  const fields = fieldsOf(line);
  if (fields === undefined)
    return { device: undefined, problem: 'a quotation mark stands where none may, or is not closed' };
  if (fields.length !== columns.length) {
    return { device: undefined, problem: `it has ${fields.length} fields, the first line has ${columns.length}` };
  }
  return { device: Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? ''])) };
}

/** A field and what ends it. Nothing in it can match in two ways, so that no line takes long. */
const FIELD = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/;

/** Undefined when a field is not well formed. */
function fieldsOf(line: string): readonly string[] | undefined {
  const fields: string[] = [];
  let rest = line.trim();
  for (;;) {
    const match = FIELD.exec(rest);
    if (match === null) return undefined;
    const [whole, quoted, bare = '', end] = match;
    fields.push(quoted?.replaceAll('""', '"') ?? bare.trim());
    if (end === '') return fields;
    rest = rest.slice(whole.length);
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isWaypostError(error, 'ERR_JSON_MALFORMED')) throw error;
    throw new WaypostError('ERR_CONFIG', error.message, { cause: error });
  }
}
