import type { EntryQuery, KeyValueOperation, StoredEntry } from './key-value.js';

/**
 * The store: what this station holds for those who are away.
 *
 * What it promises, and what the conformance suite and the crash suites check:
 *
 * 1. **When `put` resolves, the message survives a power cut.** So does every other change when its promise resolves.
 *    Only then may an acknowledgement leave the machine.
 * 2. **Full means refuse, never evict.** A message that was accepted leaves only for one of {@link LeaveReason};
 *    which one can be asked for afterwards with `why`.
 * 3. **Order is kept** per destination within a priority; higher priorities come first.
 * 4. **The same content for the same destination is stored once**, while it is queued and for a while after it was
 *    acknowledged, so that a sender who missed our answer and sends again does not deliver twice.
 * 5. **Lifetimes count by age.** A machine without a clock must not throw mail away because it believes to be in 2038.
 *    Age is time that has provably passed (see `age.ts`); a wall-clock time in a message counts only while the clock
 *    is trusted.
 * 6. The bytes it is given are copied before the call returns, and those that it returns belong to the caller.
 *
 * Destinations are the DIDs that messages are for. The store cannot read what it holds, and never needs to.
 *
 * Every method throws WaypostError: ERR_STORE_CLOSED after disposal, ERR_INVALID_ARGUMENT or ERR_TOO_LARGE for an
 * argument, ERR_STORE_FAILED when the database fails. Other codes stand with the method.
 */
export interface MessageStore extends AsyncDisposable {
  /**
   * Takes a message into the queue of its destination.
   *
   * Throws ERR_STORE_FULL, ERR_QUOTA_RECIPIENT, ERR_QUOTA_DEPOSITOR or ERR_STORE_BUSY, all of them retryable, and
   * ERR_TOO_LARGE, which is not.
   */
  put(message: NewMessage): Promise<PutResult>;

  /**
   * What waits for the destinations: destination by destination in the order given, each in its order. Nothing changes
   * by listing. Leased messages are listed too: a recipient that asks gets its mail whoever else tries to reach it.
   */
  list(query: ListQuery): Promise<readonly QueuedMessage[]>;

  /**
   * Deletes messages that the recipient has. Only messages of `destinations` are touched; ids that are unknown, already
   * gone or somebody else's are passed over. Returns how many were deleted.
   */
  acknowledge(ids: readonly string[], destinations: readonly string[]): Promise<number>;

  /**
   * Takes the next messages of one of the destinations for pushing them out; undefined when nothing waits for them or
   * all that waits is leased. A destination has one lease at a time, otherwise two pushers would break its order.
   */
  lease(query: LeaseQuery): Promise<Lease | undefined>;

  /** Counts for one destination; all zero when nothing waits. */
  status(destination: string): Promise<QueueStatus>;

  /** The destinations that something waits for, in the order of their names. */
  destinations(page: Page): Promise<readonly QueueStatus[]>;

  /** What became of a message; undefined when it was never here or left too long ago to be remembered. */
  why(id: string): Promise<MessageFate | undefined>;

  /** Deletes what is over its lifetime, at most `limitMessages` at once (default 1000). Returns what left and why. */
  expire(limitMessages?: number): Promise<readonly Departure[]>;

  /** An operator's decision: deletes the given messages of a destination, or all of them. Returns how many. */
  purge(destination: string, ids?: readonly string[]): Promise<number>;

  /** What the store holds in total, and how much of each limit that is. */
  size(): Promise<StoreSize>;

  /** The value of one entry; see `key-value.ts` for what spaces are. */
  get(space: string, key: string): Promise<Uint8Array | undefined>;

  /** Entries of one space in the order of their keys. */
  entries(query: EntryQuery): Promise<readonly StoredEntry[]>;

  /**
   * Several operations at once: all of them happen, or none and the error of the first that cannot. They apply in their
   * order, each seeing the effects of those before it. Results stand in the same order.
   */
  transact<const T extends readonly Operation[]>(operations: T): Promise<{ readonly [I in keyof T]: ResultOf<T[I]> }>;
}

/**
 * Classes of urgency, as RFC 5050 (4.2) names them. `expedited` is for what keeps the station itself working (pickup
 * and coordination answers, receipts); it alone may use the reserved headroom.
 */
export type Priority = 'expedited' | 'normal' | 'bulk';

/** Names (destinations, depositors) are 1 to 4096 printable ASCII characters. */
export interface NewMessage {
  readonly destination: string;
  /** Whoever is answerable for its size: an account, a DID, the address of an anonymous peer. Quotas count by it. */
  readonly depositor: string;
  readonly priority: Priority;
  readonly content: Uint8Array;
  /** SHA-256 of `content`, 32 bytes. Passed in because who takes a message usually has it already. */
  readonly contentHash: Uint8Array;
  /** The message's own `expires_time` (DIDComm v2.1, "Message Headers"), in milliseconds since 1970 UTC. */
  readonly expiresAtMs?: number;
  /** A little of the caller's own, returned as it is; opaque here. */
  readonly metadata?: Uint8Array;
}

export interface PutResult {
  readonly outcome: 'stored' | 'duplicate';
  /** The id of the message, or of the one that it duplicates. */
  readonly id: string;
}

export interface QueuedMessage {
  /** Opaque, unique, the same after a restart and after a move. Printable ASCII, at most 32 characters. */
  readonly id: string;
  readonly destination: string;
  readonly priority: Priority;
  readonly content: Uint8Array;
  readonly metadata: Uint8Array;
  /** For how long it has been here: at least this. */
  readonly ageMs: number;
  readonly expiresAtMs: number | undefined;
}

export interface ListQuery {
  readonly destinations: readonly string[];
  readonly limitMessages: number;
  /** Of content in the answer. The first message is returned however large it is, or nobody would ever get it. */
  readonly limitBytes?: number;
  /** Continue behind the message with this id, which may be gone. Only with a single destination. */
  readonly after?: string;
}

export interface LeaseQuery {
  readonly destinations: readonly string[];
  /** After this another lease may be given although this one was never returned. */
  readonly durationMs: number;
  /** Default 1. */
  readonly limitMessages?: number;
  readonly limitBytes?: number;
}

/**
 * Messages of one destination in the hands of one pusher. Disposing gives back what was not acknowledged; so do the end
 * of the lease and a restart: leases are not durable.
 */
export interface Lease extends AsyncDisposable {
  readonly destination: string;
  readonly messages: readonly QueuedMessage[];
  /** The next hop or the recipient has these, or all of them: they are deleted. Counts also when the lease ran out. */
  acknowledge(ids?: readonly string[]): Promise<void>;
}

export interface QueueStatus {
  readonly destination: string;
  readonly messages: number;
  /** Content and metadata. */
  readonly bytes: number;
  /** Age of the message that came first and of the one that came last; undefined when there is none. */
  readonly oldestAgeMs: number | undefined;
  readonly newestAgeMs: number | undefined;
}

export interface Page {
  /** Continue behind this name. */
  readonly after?: string;
  readonly limit: number;
}

/**
 * Why a message is no longer queued.
 *
 * - `acknowledged`: by its recipient, or by the next hop that took it over.
 * - `expired`: its own `expires_time` passed, on a trusted clock.
 * - `retention`: it was here for longer than the retention that the station publishes, counted by age.
 * - `purged`: an operator decided so.
 * - `thinned`: whoever put it here allows that some are given up when room is short (sensor rules with `sample`).
 * - `duplicate`: two queues were joined by `move` and both held the same content; the other copy is still queued.
 */
export type LeaveReason = 'acknowledged' | 'expired' | 'retention' | 'purged' | 'duplicate' | 'thinned';

export interface Departure {
  readonly id: string;
  readonly destination: string;
  readonly reason: LeaveReason;
}

export type MessageFate =
  | { readonly state: 'queued'; readonly destination: string; readonly ageMs: number }
  | { readonly state: 'left'; readonly destination: string; readonly reason: LeaveReason; readonly agoMs: number };

export interface StoreSize {
  readonly messages: number;
  readonly bytes: number;
  /** The most that anybody but an expedited message gets: the limits of the total less the reserved headroom. */
  readonly limitMessages: number;
  readonly limitBytes: number;
}

/** A change, as data, so that several can be one transaction. */
export type Operation =
  | { readonly kind: 'put'; readonly message: NewMessage }
  /** `any` is for a next hop that took custody, whatever queue the message was moved to since. */
  | { readonly kind: 'acknowledge'; readonly ids: readonly string[]; readonly destinations: readonly string[] | 'any' }
  | { readonly kind: 'purge'; readonly destination: string; readonly ids?: readonly string[] }
  /** Gives up messages of one destination, as `thinned`. */
  | { readonly kind: 'thin'; readonly destination: string; readonly ids: readonly string[] }
  /** All that waits for `from` waits for `to` from now on, under the ids it had, whatever the quota of `to`. */
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  | KeyValueOperation;

/** What an operation returns from `transact`: a put its result; acknowledge, purge, thin and move how many messages. */
export type ResultOf<O> = O extends { readonly kind: 'put' }
  ? PutResult
  : O extends { readonly kind: 'acknowledge' | 'purge' | 'thin' | 'move' }
    ? number
    : undefined;
