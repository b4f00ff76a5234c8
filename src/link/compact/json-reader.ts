import { fromBase64url } from '../../core/base64url.js';
import { fromUtf8 } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.js';
import { type CompactMap, type CompactValue, TREE_LIMITS } from './tree.js';
import { keyOf, numberOfWord } from './words.js';

const LARGEST_INTEGER = 0xffff_ffff;

/** Reads JSON into trees that together are within the limits of one; beyond them there are none any more. */
export class TreeReader {
  #itemsLeft = TREE_LIMITS.maxItems;

  /** The tree of a JSON object. Undefined for anything else, and where a value has no place in a tree. */
  read(json: Uint8Array): CompactMap | undefined {
    const object = parse(json);
    return object === undefined ? undefined : this.#treeOfObject(object);
  }

  /** The same for base64url of JSON, where the JSON is spelled as it will be written again. */
  readEncoded(text: string): CompactMap | undefined {
    const json = bytesOfBase64url(text);
    const object = json === undefined ? undefined : parse(json);
    if (json === undefined || object === undefined || JSON.stringify(object) !== fromUtf8(json)) return undefined;
    return this.#treeOfObject(object);
  }

  #treeOf(value: unknown): CompactValue | undefined {
    if (--this.#itemsLeft < 0) return undefined;
    if (typeof value === 'string') return numberOfWord(value) ?? bytesOfBase64url(value) ?? value;
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number') {
      return Number.isInteger(value) && value >= 0 && value <= LARGEST_INTEGER ? value : undefined;
    }
    if (isJsonObject(value)) return this.#treeOfObject(value);
    return Array.isArray(value) ? this.#treeOfArray(value) : undefined;
  }

  #treeOfArray(array: readonly unknown[]): CompactValue | undefined {
    const items: CompactValue[] = [];
    for (const value of array) {
      const item = this.#treeOf(value);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #treeOfObject(object: JsonObject): CompactMap | undefined {
    const map: CompactMap = new Map();
    for (const [name, value] of Object.entries(object)) {
      const header = name === 'protected' && typeof value === 'string' ? this.readEncoded(value) : undefined;
      const tree = header ?? this.#treeOf(value);
      if (tree === undefined) return undefined;
      map.set(keyOf(name), tree);
    }
    return map;
  }
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

function parse(json: Uint8Array): JsonObject | undefined {
  const limits = { maxBytes: json.length, maxDepth: TREE_LIMITS.maxDepth, maxContainers: TREE_LIMITS.maxItems };
  return attempt(() => parseJsonObject(json, limits, 'an envelope'));
}
