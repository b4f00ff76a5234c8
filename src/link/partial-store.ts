import type { ReadonlyRangeSet } from './ranges.js';

/*
 * What has arrived of messages that are not whole yet. It outlives the connection it arrived on, so that a transfer goes
 * on where it stopped: after a disconnect, after a restart (in an implementation that writes to disk), and on another
 * medium. What it holds is never a message: it is bytes that somebody said belong to one.
 */

/** SHA-256 of the message as it travels. */
export const CONTENT_HASH_BYTES = 32;

/** A receiver loses at most this much of what it got when its process is killed. */
export const CHECKPOINT_BYTES = 64 * 1024;

/** Whose message it is, and which. */
export interface PartialKey {
  /**
   * Who sends it: text of a transport's choice that other peers cannot take on, such as the address of the link. At
   * most 512 characters.
   */
  readonly peer: string;
  /** {@link CONTENT_HASH_BYTES} bytes: what the whole message must hash to. */
  readonly hash: Uint8Array;
  /** Of the whole message, as it travels. */
  readonly lengthBytes: number;
}

/** All times of a store are those of the clock that was passed in; all bounds hold for `lengthBytes`, not for what has arrived. */
export interface PartialLimits {
  /** Of the messages of one peer. */
  readonly maxBytesPerPeer: number;
  /** Of everybody's. */
  readonly maxTotalBytes: number;
  /** Whole partials, of everybody. */
  readonly maxPartials: number;
  /** A partial that nothing was added to for so long is dropped. */
  readonly maxAgeMs: number;
}

/** 8 MiB of a peer, 64 MiB and 1024 messages in all, for 7 days. */
export const DEFAULT_PARTIAL_LIMITS: PartialLimits = {
  maxBytesPerPeer: 8 * 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxPartials: 1024,
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
};

/**
 * Bounded in bytes, number and age; the one that was idle for longest goes first, and one that is open never goes.
 * Methods may throw ERR_FILE (retryable) where the store is on a disk.
 */
export interface PartialStore extends AsyncDisposable {
  /**
   * Opens what is held for this key, or begins with nothing. Throws ERR_STORE_FULL (retryable) when the limits leave no
   * room, ERR_STORE_BUSY (retryable) when it is open already: one transfer writes at a time.
   */
  open(key: PartialKey): Promise<PartialMessage>;
  /**
   * What is held of the message whose hash begins with `hash` (8 bytes or more), by anybody, open or not; whoever holds
   * most comes first. It is *borrowed*: bytes of strangers, good for nothing until the whole message has the hash. Throws
   * ERR_INVALID_ARGUMENT for less of a hash.
   */
  findByHash(hash: Uint8Array): Promise<readonly HeldPart[]>;
  /** The whole message with this `hash` has come, on whatever way: drops what anybody holds of it. One that is open is dropped when it closes. */
  discardEverywhere(hash: Uint8Array): Promise<void>;
  /** Drops what is too old, and says how many that were. */
  expire(): Promise<number>;
  /** For metrics: how many `partials`, and their whole lengths (`reservedBytes`), as the limits count them. */
  readonly usage: { readonly partials: number; readonly reservedBytes: number };
}

/**
 * One message that is arriving. Its bytes are in memory while it is open. Disposing makes a checkpoint (without throwing:
 * what could not be written is lost with the process, not before) and closes.
 */
export interface PartialMessage extends AsyncDisposable {
  /** What it was opened with. */
  readonly key: PartialKey;
  /** What is here, durably or not. */
  readonly held: ReadonlyRangeSet;
  /** Bytes that {@link checkpoint} would make durable. */
  readonly unsavedBytes: number;
  /** Copies `bytes` to `offset`. What is held already stays as it is. Throws ERR_INVALID_ARGUMENT beyond `lengthBytes`. */
  write(offset: number, bytes: Uint8Array): void;
  /** The whole message, a copy; undefined as long as something is missing. */
  whole(): Uint8Array | undefined;
  /** A copy of `start` to `end`, all of which must be held (ERR_INVALID_ARGUMENT). */
  read(start: number, end: number): Uint8Array;
  /** When it resolves, what was written before the call survives a power cut (where the store is on a disk). */
  checkpoint(): Promise<void>;
  /** Forgets what is held, durably; it stays open, and empty. For bytes that turned out wrong. */
  reset(): Promise<void>;
  /** Drops it and closes. */
  discard(): Promise<void>;
}

/** A part of a message in the hands of a peer. */
export interface HeldPart {
  /** Who sent it, and what it is said to be a part of. */
  readonly key: PartialKey;
  /** What is here of it. */
  readonly held: ReadonlyRangeSet;
  /** Every held range with its bytes. Empty when it was dropped in the meantime. */
  read(): Promise<readonly Piece[]>;
}

/** `bytes` of a message, the first of which stands at `offset`. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}
