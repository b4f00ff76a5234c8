import type { ErrorCode } from '../core/errors.js';
import type { Moment } from './age.js';
import type { EntryQuery, StoredEntry } from './key-value.js';
import type {
  Departure,
  ListQuery,
  MessageFate,
  Operation,
  Page,
  PutResult,
  QueuedMessage,
  QueueStatus,
} from './message-store.js';

/**
 * What lies under a {@link MessageStore}: an engine that changes and reads. Checking arguments, copying bytes, leases and
 * the clock are done once above it, in `engine-store.ts`; so a new engine (another database, say) is this and no more.
 *
 * Arguments are checked and bytes are copied before they come here. Ages in answers are relative to the `ageMs` passed.
 */
export interface Engine {
  /** All operations or none; durable when it resolves. Rejects with the WaypostError of the operation that failed. */
  commit(operations: readonly EngineOperation[], moment: Moment): Promise<CommitResult>;
  /** Sees everything that `commit` resolved before the call. */
  read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>>;
  close(moment: Moment): Promise<void>;
}

export type EngineOperation = Operation | ExpireOperation;

/** Deletes what is over its `expires_time` at `moment.trustedNowMs`, or over `retentionMs` at `moment.mark.ageMs`. */
export interface ExpireOperation {
  readonly kind: 'expire';
  readonly limitMessages: number;
}

export type EngineResult = PutResult | number | readonly Departure[] | undefined;

export interface CommitResult {
  readonly results: readonly EngineResult[];
  readonly totals: Totals;
}

/** Everything in the store. */
export interface Totals {
  readonly messages: number;
  readonly bytes: number;
}

/** The questions that an engine answers, synchronously where the data is. */
export interface Reads {
  list(query: ListQuery, ageMs: number): QueuedMessage[];
  status(destination: string, ageMs: number): QueueStatus;
  destinations(page: Page, ageMs: number): QueueStatus[];
  why(id: string, ageMs: number): MessageFate | undefined;
  get(space: string, key: string): Uint8Array | undefined;
  entries(query: EntryQuery): StoredEntry[];
}

/** A WaypostError on its way between threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}
