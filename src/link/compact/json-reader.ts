import { fromBase64url } from '../../core/base64url.js';
import { fromUtf8 } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.js';
import { type CompactMap, type CompactValue, TREE_LIMITS } from './tree.js';
import { keyOf, numberOfWord } from './words.js';

const LARGEST_INTEGER = 0xffff_ffff;
const JSON_LIMITS = { maxDepth: TREE_LIMITS.maxDepth, maxContainers: TREE_LIMITS.maxItems };

/** The tree of a JSON object. Undefined for anything else, and where a value has no place in a tree. */
export function readTree(json: Uint8Array): CompactMap | undefined {
  const object = attempt(() => parseJsonObject(json, { ...JSON_LIMITS, maxBytes: json.length }, 'an envelope'));
  return object === undefined ? undefined : treeOfObject(object);
}

/** The same for base64url of JSON, where the JSON is spelled as it will be written again. */
export function readEncodedTree(text: string): CompactMap | undefined {
  const json = bytesOfBase64url(text);
  const object = json && attempt(() => parseJsonObject(json, { ...JSON_LIMITS, maxBytes: json.length }, 'a header'));
  if (json === undefined || object === undefined || JSON.stringify(object) !== fromUtf8(json)) return undefined;
  return treeOfObject(object);
}

/** The bytes of a text that is canonical base64url, and not empty. */
export function bytesOfBase64url(text: string): Uint8Array | undefined {
  return /^[\w-]+$/.test(text) ? attempt(() => fromBase64url(text)) : undefined;
}

/** What `work` gives; undefined where it refuses its input. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    return undefined;
  }
}

function treeOf(value: unknown): CompactValue | undefined {
  if (typeof value === 'string') return numberOfWord(value) ?? bytesOfBase64url(value) ?? value;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value <= LARGEST_INTEGER ? value : undefined;
  }
  if (isJsonObject(value)) return treeOfObject(value);
  if (!Array.isArray(value)) return undefined;
  const items = value.map(treeOf);
  return items.every((item) => item !== undefined) ? items : undefined;
}

function treeOfObject(object: JsonObject): CompactMap | undefined {
  const map: CompactMap = new Map();
  for (const [name, value] of Object.entries(object)) {
    const header = name === 'protected' && typeof value === 'string' ? readEncodedTree(value) : undefined;
    const tree = header ?? treeOf(value);
    if (tree === undefined) return undefined;
    map.set(keyOf(name), tree);
  }
  return map;
}
