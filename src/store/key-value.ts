/**
 * Small durable maps beside the queues, in the same transactions: registrations, replay protection, caches, counters.
 *
 * A *space* is one such map. Its limits are given when the store is opened, because nothing here may grow without
 * bound. Keys are 1 to 4096 printable ASCII characters and sort by their bytes.
 */
export interface SpaceLimits {
  readonly maxEntries: number;
  readonly maxValueBytes: number;
  /**
   * `refuse`: for what somebody relies on; ERR_STORE_FULL. `forget-oldest`: for caches and for remembering what was seen;
   * the entry that was written longest ago makes room.
   */
  readonly whenFull: 'refuse' | 'forget-oldest';
}

export type Spaces = Readonly<Record<string, SpaceLimits>>;

export interface StoredEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface EntryQuery {
  readonly space: string;
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Continue behind this key. */
  readonly after?: string;
  readonly limit: number;
}

export type KeyValueOperation =
  | { readonly kind: 'set'; readonly space: string; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly space: string; readonly key: string }
  /**
   * Goes on only when the entry has this value, or does not exist for undefined; otherwise ERR_STORE_CONFLICT
   * (retryable). With it, a value that was read can be changed without losing somebody else's change.
   */
  | { readonly kind: 'require'; readonly space: string; readonly key: string; readonly value: Uint8Array | undefined };
