/**
 * An envelope between JSON and CBOR. Objects are maps whose keys are names or their numbers, in the order of the JSON;
 * a text that is canonical base64url is its bytes, one of the table of words is its number, below 0; a `protected` that is
 * an object stands for the base64url of that object's JSON.
 */
export type CompactValue = string | number | boolean | null | Uint8Array | readonly CompactValue[] | CompactMap;

export type CompactMap = Map<string | number, CompactValue>;

/** The most that the tree of an envelope holds: a hundred recipients fit. */
export const TREE_LIMITS = { maxDepth: 8, maxItems: 2000 } as const;
