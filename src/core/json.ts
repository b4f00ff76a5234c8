import { fromUtf8 } from './bytes.js';
import { WaypostError } from './errors.js';

/** What hostile JSON may cost. */
export interface JsonLimits {
  /** Bytes (or UTF-16 units, for text) before anything is parsed. */
  readonly maxBytes: number;
  /** Nested arrays and objects. */
  readonly maxDepth: number;
  /** Arrays and objects in total; default 100,000. Two bytes of text become about eighty of memory. */
  readonly maxContainers?: number;
  /** Objects with a name twice are refused (I-JSON, RFC 7493, 2.3); default: the last one counts, as JSON.parse has it. */
  readonly hasUniqueNames?: boolean;
}

const DEFAULT_MAX_CONTAINERS = 100_000;

/** A JSON object (RFC 8259, 4). */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON from outside. Size and nesting are checked by a scan that allocates nothing, before JSON.parse runs.
 * Throws ERR_TOO_LARGE, ERR_NOT_UTF8, ERR_JSON_MALFORMED. `what` names the value in the error.
 */
export function parseJson(input: Uint8Array | string, limits: JsonLimits, what: string): unknown {
  if (input.length > limits.maxBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `${what} has ${input.length} bytes, the limit is ${limits.maxBytes}`);
  }
  const text = typeof input === 'string' ? input : fromUtf8(input);
  checkNesting(text, limits, what);
  const value = parse(text, what);
  if (limits.hasUniqueNames === true) checkNames(text, what);
  return value;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the input, which may be somebody's plaintext: it is not passed on.
    throw new WaypostError('ERR_JSON_MALFORMED', `${what} is not JSON`);
  }
}

/** The same, for the usual case that the top level must be an object. Throws as {@link parseJson}; ERR_JSON_MALFORMED for any other value. */
export function parseJsonObject(input: Uint8Array | string, limits: JsonLimits, what: string): JsonObject {
  const value = parseJson(input, limits, what);
  if (!isJsonObject(value)) throw new WaypostError('ERR_JSON_MALFORMED', `${what} is not a JSON object`);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function checkNesting(text: string, limits: JsonLimits, what: string): void {
  const { maxDepth, maxContainers = DEFAULT_MAX_CONTAINERS } = limits;
  let depth = 0;
  let containers = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      if (i < 0) return; // unterminated: JSON.parse says so
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) {
        throw new WaypostError('ERR_TOO_LARGE', `${what} is nested deeper than the limit of ${maxDepth}`);
      }
      if (++containers > maxContainers) {
        throw new WaypostError('ERR_TOO_LARGE', `${what} has more than ${maxContainers} arrays and objects`);
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
}

/** For text that is JSON: a string that a colon follows is a name. Names are compared as they are meant, without their escapes. */
function checkNames(text: string, what: string): void {
  const colon = /[ \t\n\r]*:/y;
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) open.push(new Set());
    else if (code === 0x5d || code === 0x7d) open.pop();
    else if (code === QUOTE) {
      const start = i;
      i = endOfString(text, start);
      colon.lastIndex = i + 1;
      if (!colon.test(text)) continue;
      const names = open.at(-1);
      const name = JSON.parse(text.slice(start, i + 1)) as string;
      if (names?.has(name)) throw new WaypostError('ERR_JSON_MALFORMED', `${what} has an object with a name twice`);
      names?.add(name);
    }
  }
}

/** The index of the quote that ends the string starting at `start`, or -1. Long strings are skipped natively. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}
