import { toBase64url } from '../../core/base64url.js';
import { utf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { type CompactMap, type CompactValue, isCompactArray } from './tree.js';
import { keyOf, NAMES, WORDS } from './words.js';

const PROTECTED = keyOf('protected');

/**
 * Writes the JSON of a tree, as JSON.stringify does, and stops with ERR_TOO_LARGE in the midst of what becomes too long.
 * It counts all texts that it has written, also those that then become base64url and are written again.
 */
export class JsonWriter {
  readonly #maxChars: number;
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Throws ERR_TOO_LARGE, ERR_COMPACT_MALFORMED for what has no place in the JSON of an envelope. */
  object(map: CompactMap): string {
    const members = [...map].map(([key, value]) => {
      const isHeader = key === PROTECTED && value instanceof Map;
      return `${this.text(nameOf(key))}:${isHeader ? this.text(this.encodedObject(value)) : this.#value(value)}`;
    });
    return `{${members.join(',')}}`;
  }

  /** The base64url of the JSON. */
  encodedObject(map: CompactMap): string {
    return toBase64url(utf8(this.object(map)));
  }

  text(text: string): string {
    const written = JSON.stringify(text);
    this.#chars += written.length;
    if (this.#chars > this.#maxChars) {
      throw new WaypostError(
        'ERR_TOO_LARGE',
        `a compact envelope holds more than ${this.#maxChars} characters of text`,
      );
    }
    return written;
  }

  #value(value: CompactValue): string {
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return value < 0 ? this.text(wordOf(value)) : integer(value);
    if (value instanceof Uint8Array) return this.text(base64urlOf(value));
    if (value instanceof Map) return this.object(value);
    if (!isCompactArray(value)) throw malformedCompact('a value has no place in JSON');
    return `[${value.map((item) => this.#value(item)).join(',')}]`;
  }
}

export function malformedCompact(why: string): WaypostError {
  return new WaypostError('ERR_COMPACT_MALFORMED', `a compact envelope is malformed: ${why}`);
}

function nameOf(key: number | string): string {
  const name = typeof key === 'string' ? key : NAMES[key];
  if (name === undefined) throw malformedCompact(`the key ${key} has no name`);
  return name;
}

function wordOf(number: number): string {
  const word = WORDS[-1 - number];
  if (word === undefined) throw malformedCompact(`there is no word ${number}`);
  return word;
}

function integer(value: number): string {
  if (!Number.isInteger(value) || Object.is(value, -0)) throw malformedCompact('a number is not an integer');
  return String(value);
}

function base64urlOf(bytes: Uint8Array): string {
  if (bytes.length === 0) throw malformedCompact('a byte string is empty');
  return toBase64url(bytes);
}
