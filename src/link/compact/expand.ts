import { Decoder } from 'cbor-x';
import { toBase64url } from '../../core/base64url.js';
import { utf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { scanCbor } from '../cbor-scan.js';
import { unabbreviate } from './abbreviations.js';
import { type CompactMap, type CompactValue, TREE_LIMITS } from './tree.js';
import { keyOf, NAMES, WORDS } from './words.js';

/** The first byte of every compact envelope. No JSON and no COSE message begins with it. */
export const COMPACT_VERSION = 0x01;

const PROTECTED = keyOf('protected');

const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });

/**
 * The envelope that was made compact, byte for byte. Takes memory for a few times `maxBytes` at most, whatever comes.
 * Throws ERR_TOO_LARGE when it is or becomes longer than `maxBytes`, ERR_CBOR_MALFORMED, ERR_COMPACT_MALFORMED.
 */
export function expandEnvelope(compact: Uint8Array, maxBytes: number): Uint8Array {
  if (compact[0] !== COMPACT_VERSION) throw malformed(`its first byte is ${compact[0]}, not ${COMPACT_VERSION}`);
  const encoded = compact.subarray(1);
  scanCbor(encoded, { maxBytes, ...TREE_LIMITS }, 'a compact envelope');
  const envelope: unknown = decoder.decode(encoded);
  if (!(envelope instanceof Map)) throw malformed('it is not a map');
  unabbreviate(envelope, maxBytes);
  const bytes = utf8(new JsonWriter(maxBytes).object(envelope));
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/**
 * Writes JSON as JSON.stringify does. It stops in the midst of what becomes too long; three times the limit, because
 * a protected header is written as JSON first, and as base64url then.
 */
class JsonWriter {
  readonly #maxBytes: number;
  #written = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  object(map: CompactMap): string {
    const members = [...map].map(([key, value]) => {
      const isProtected = key === PROTECTED && value instanceof Map;
      const written = isProtected ? this.#text(toBase64url(utf8(this.object(value)))) : this.#value(value);
      return `${this.#text(nameOf(key))}:${written}`;
    });
    return `{${members.join(',')}}`;
  }

  #value(value: CompactValue): string {
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number') return value < 0 ? this.#text(wordOf(value)) : integer(value);
    if (value instanceof Uint8Array) return this.#text(base64urlOf(value));
    if (value instanceof Map) return this.object(value);
    if (!Array.isArray(value)) throw malformed('a value has no place in JSON');
    return `[${value.map((item) => this.#value(item)).join(',')}]`;
  }

  #text(text: string): string {
    const written = JSON.stringify(text);
    this.#written += written.length;
    if (this.#written > 3 * this.#maxBytes) throw tooLarge(this.#maxBytes);
    return written;
  }
}

function nameOf(key: number | string): string {
  const name = typeof key === 'string' ? key : NAMES[key];
  if (name === undefined) throw malformed(`the key ${key} has no name`);
  return name;
}

function wordOf(number: number): string {
  const word = WORDS[-1 - number];
  if (word === undefined) throw malformed(`there is no word ${number}`);
  return word;
}

function integer(value: number): string {
  if (!Number.isInteger(value) || Object.is(value, -0)) throw malformed('a number is not an integer');
  return String(value);
}

function base64urlOf(bytes: Uint8Array): string {
  if (bytes.length === 0) throw malformed('a byte string is empty');
  return toBase64url(bytes);
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_COMPACT_MALFORMED', `a compact envelope is malformed: ${why}`);
}

function tooLarge(maxBytes: number): WaypostError {
  return new WaypostError('ERR_TOO_LARGE', `a compact envelope expands to more than ${maxBytes} bytes`);
}
