/*
 * What a slow or lossy medium has to give: a way to move small frames to one peer. A driver of such a medium writes
 * this much and no more; messages, order, repetition and resuming are built on it once, in `session`.
 */

/** How to give up waiting. */
export interface LinkAbortOptions {
  /** What waits then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * A datagram pipe to one peer. It may drop, duplicate and reorder frames; it never damages one: a driver whose medium
 * does adds a check of its own (a CRC) and drops what fails it. Iterating gives what arrives, to one consumer, and ends
 * when the medium is gone. Disposing closes, is idempotent, and is the only close.
 */
export interface Link extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** The longest frame, in bytes, that `send` takes and that can arrive. */
  readonly mtuBytes: number;
  /** Where the peer is, as `<scheme>:<rest>`. Says nothing about who it is. */
  readonly remoteAddress: `${string}:${string}`;
  /**
   * What the driver knows of its medium, for a first guess that measuring then corrects. Undefined where it knows
   * nothing.
   */
  readonly pace: LinkPace | undefined;
  /**
   * Resolves when the link took the frame, not when the peer has it; a link that is busy makes its sender wait, so that
   * no queue grows below the session. Copies or consumes `frame` before it resolves. Throws ERR_TOO_LARGE,
   * ERR_CHANNEL_CLOSED (retryable), or the signal's reason.
   */
  send(frame: Uint8Array, options?: LinkAbortOptions): Promise<void>;
}

/** How fast a medium is, as far as its driver knows. */
export interface LinkPace {
  /** What the line carries, framing included. */
  readonly bytesPerSecond: number;
  /** From `send` to the first byte at the peer, without the time on the wire: adapters and drivers that wait. */
  readonly latencyMs: number;
  /** What the driver adds to a frame. */
  readonly frameOverheadBytes: number;
}

/** Peers that came to us. Disposing ends the iteration and takes no new ones. */
export interface LinkListener extends AsyncIterable<Link>, AsyncDisposable {
  /** Where peers can reach it, with what was really bound. */
  readonly addresses: readonly `${string}:${string}`[];
}

/** One medium of links: `transports/<medium>` writes this, and `linkTransport` makes it a Transport. */
export interface LinkDriver {
  /** The schemes of its addresses, such as `serial`. */
  readonly schemes: readonly string[];
  /** Whether it can call others (`open`) and be called (`accept`). */
  readonly supports: { readonly open: boolean; readonly accept: boolean };
  /** Calls whoever is at `address`. Throws ERR_NETWORK (retryable) when nobody is there, ERR_INVALID_ARGUMENT for an address of other schemes. */
  open(address: `${string}:${string}`, options?: LinkAbortOptions): Promise<Link>;
  /** Waits for peers at `address`. Throws ERR_LISTEN when it cannot be had, ERR_INVALID_ARGUMENT for an address of other schemes. */
  accept(address: `${string}:${string}`, options?: LinkAbortOptions): Promise<LinkListener>;
}
