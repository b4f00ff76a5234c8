import type { WaypostError } from '../core/errors.js';

/*
 * What every medium looks like from above: a way to move whole opaque messages between two peers. What a message
 * means, who may send it and where it goes is decided above, once, for all of them.
 */

/** `<scheme>:<rest>`; only the owner of the scheme reads the rest. */
export type Address = `${string}:${string}`;

/** How to give up waiting. */
export interface AbortOptions {
  /** What waits then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** A medium. One folder under `transports/`, one line in `transports/index.ts`, one `describeTransport`. */
export interface Transport {
  /** The schemes of its addresses, such as `http` and `https`. */
  readonly schemes: readonly string[];
  /** What it can do. */
  readonly supports: TransportSupport;
  /**
   * Connects to the peer at `address`. A medium without connections only looks at it; the first `send` then says what `dial`
   * would have said. Throws ERR_NETWORK (retryable), ERR_REFUSED (retryable or not, as the peer says),
   * ERR_ADDRESS_REFUSED, ERR_INVALID_ARGUMENT for an address that is not of its schemes, or the signal's reason.
   */
  dial(address: Address, options?: AbortOptions): Promise<Channel>;
  /**
   * Waits for peers at `address`. Throws ERR_LISTEN when it cannot be had, ERR_INVALID_ARGUMENT for an address that is not
   * of its schemes, or the signal's reason.
   */
  listen(address: Address, options?: AbortOptions): Promise<Listener>;
}

/** What an implementation can do; the conformance suite runs what is supported and counts the rest as skipped. */
export interface TransportSupport {
  /** It connects to peers. */
  readonly dial: boolean;
  /** Peers come to it. */
  readonly listen: boolean;
  /** `Channel.send` resolves only after the peer's `accept`, and rejects after its `refuse`. */
  readonly acknowledged: boolean;
  /** Messages can go both ways on one channel. */
  readonly duplex: boolean;
}

/**
 * Peers that came to us. Disposing takes no new ones, waits (for a bounded time) until the arrivals that a peer awaits
 * an answer for are settled, and ends the iteration. Channels that can outlive it, as over WebSocket, stay open.
 */
export interface Listener extends AsyncIterable<Channel>, AsyncDisposable {
  /** Where peers can reach it, with the port that was really bound. */
  readonly addresses: readonly Address[];
}

/**
 * A connection to one peer that moves whole messages. Iterating gives what arrives; there is one iterator, and not
 * taking the next arrival is back-pressure: nothing is buffered without bound. The iteration ends when the peer or
 * the medium is gone, after what had arrived by then. Disposing closes, is idempotent, and is the only close; it ends
 * the iteration at once.
 */
export interface Channel extends AsyncIterable<Arrival>, AsyncDisposable {
  /** Where the peer is. It says nothing about who it is: that comes from the messages. */
  readonly remoteAddress: Address;
  /** The longest message that `send` takes and that can arrive. */
  readonly maxMessageBytes: number;
  /** The DID that the peer says it has, where the medium lets it say so: a claim, which only messages prove. */
  readonly claimedDid?: string;
  /** Where the medium has names for devices that speak no DIDComm: the name of this one. It proves nothing. */
  readonly deviceId?: string;
  /**
   * How many messages can go back on this channel to a peer that asked for `return_route`. `one`: only as the `reply`
   * of an arrival, and `send` throws ERR_INVALID_ARGUMENT. `none`: what arrives is itself an answer to a `send`, or
   * the medium goes one way only.
   */
  readonly replies: 'none' | 'one' | 'many';
  /**
   * Sends a message; waits for room. Resolves when the transport took it, and where `supports.acknowledged` when the
   * peer accepted it. Copies or consumes `message` before it resolves. Throws ERR_TOO_LARGE, ERR_CHANNEL_CLOSED and
   * ERR_NETWORK (both retryable), ERR_REFUSED with the peer's answer (retryable or not, as the peer says).
   */
  send(message: Uint8Array, options?: AbortOptions): Promise<void>;
}

/**
 * A message that arrived. Whoever takes it settles it exactly once: nothing is acknowledged to the peer, in whatever
 * way the medium can, before `accept`. An arrival that is never settled is, for the peer, never acknowledged.
 */
export interface Arrival {
  /** The message, packed. They stay as they are: nothing that comes later is written into them. */
  readonly bytes: Uint8Array;
  /** As the medium told it, such as the HTTP Content-Type; undefined where it tells nothing. */
  readonly mediaType: string | undefined;
  /**
   * We are answerable for it now: it is on disk, or done. `reply` only where `replies` is not `none`. Throws
   * ERR_CHANNEL_CLOSED (retryable) when the peer is gone and will not learn of it, ERR_INTERNAL when already settled,
   * ERR_INVALID_ARGUMENT for a reply that cannot be carried.
   */
  accept(reply?: Uint8Array): Promise<void>;
  /**
   * We are not. The transport says so as well as it can (over HTTP: the status that fits the code), with `reply` (a
   * packed problem report) where it can carry one. Throws
   * ERR_CHANNEL_CLOSED and ERR_INTERNAL as `accept` does.
   */
  refuse(reason: WaypostError, reply?: Uint8Array): Promise<void>;
}
