/**
 * An envelope between JSON and CBOR. Objects are maps whose keys are names or their numbers, in the order of the JSON;
 * a text that is canonical base64url is its bytes, one of the table of words is its number, below 0; a `protected` that is
 * a map stands for the base64url of that map's JSON.
 */
export type CompactValue = string | number | boolean | null | Uint8Array | CompactArray | CompactMap;

export type CompactArray = readonly CompactValue[];

export type CompactMap = Map<string | number, CompactValue>;

/** The most that the tree of an envelope holds: a hundred recipients fit. */
export const TREE_LIMITS = { maxDepth: 10, maxItems: 2000 } as const;

export function isCompactArray(value: CompactValue | undefined): value is CompactArray {
  return Array.isArray(value);
}
