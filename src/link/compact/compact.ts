import { Encoder } from 'cbor-x';
import { fromBase64url } from '../../core/base64url.js';
import { equalBytes, fromUtf8, plainBytes } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.js';
import { abbreviate } from './abbreviations.js';
import { COMPACT_VERSION, expandEnvelope } from './expand.js';
import { type CompactMap, type CompactValue, TREE_LIMITS } from './tree.js';
import { keyOf, numberOfWord } from './words.js';

const OPENING_BRACE = 0x7b;
const LARGEST_INTEGER = 0xffff_ffff;

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

/**
 * An envelope (JWE or JWS in JSON) in the form of docs/transports/compact-envelope.md, or undefined when it travels
 * better as it is: it is something else, would not come back byte for byte, or would not be shorter. Whether it
 * comes back is tried each time.
 */
export function compactEnvelope(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== OPENING_BRACE) return undefined;
  const envelope = readObject(bytes);
  const tree = envelope === undefined ? undefined : compactObject(envelope);
  if (tree === undefined) return undefined;
  abbreviate(tree);
  const encoded = plainBytes(encoder.encode(tree));
  const compact = new Uint8Array(1 + encoded.length);
  if (compact.length >= bytes.length) return undefined;
  compact[0] = COMPACT_VERSION;
  compact.set(encoded, 1);
  return comesBackAs(bytes, compact) ? compact : undefined;
}

/** Not so where the JSON has another spelling than the one that is written, or values that look like abbreviations. */
function comesBackAs(bytes: Uint8Array, compact: Uint8Array): boolean {
  return equalBytes(attempt(() => expandEnvelope(compact, bytes.length)) ?? new Uint8Array(0), bytes);
}

/** Undefined where the value has no compact form. */
function compactValue(value: unknown): CompactValue | undefined {
  if (typeof value === 'string') return numberOfWord(value) ?? bytesOfBase64url(value) ?? value;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value <= LARGEST_INTEGER ? value : undefined;
  }
  if (isJsonObject(value)) return compactObject(value);
  if (!Array.isArray(value)) return undefined;
  const items = value.map(compactValue);
  return items.every((item) => item !== undefined) ? items : undefined;
}

function compactObject(object: JsonObject): CompactMap | undefined {
  const map: CompactMap = new Map();
  for (const [name, value] of Object.entries(object)) {
    const compacted = (name === 'protected' ? compactProtected(value) : undefined) ?? compactValue(value);
    if (compacted === undefined) return undefined;
    map.set(keyOf(name), compacted);
  }
  return map;
}

/** What is in a protected header, where it is spelled as it will be written again: it is what a tag or signature covers. */
function compactProtected(value: unknown): CompactMap | undefined {
  const bytes = typeof value === 'string' ? bytesOfBase64url(value) : undefined;
  const header = bytes === undefined ? undefined : readObject(bytes);
  if (bytes === undefined || header === undefined || JSON.stringify(header) !== fromUtf8(bytes)) return undefined;
  return compactObject(header);
}

function readObject(bytes: Uint8Array): JsonObject | undefined {
  const limits = { maxBytes: bytes.length, maxDepth: TREE_LIMITS.maxDepth, maxContainers: TREE_LIMITS.maxItems };
  return attempt(() => parseJsonObject(bytes, limits, 'an envelope'));
}

function bytesOfBase64url(text: string): Uint8Array | undefined {
  return /^[\w-]+$/.test(text) ? attempt(() => fromBase64url(text)) : undefined;
}

/** Undefined where `work` refuses its input. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    return undefined;
  }
}
