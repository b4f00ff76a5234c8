import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Collected } from './collector.js';

/**
 * - `connecting`: dialling, asking for mediation, registering, fetching what waited.
 * - `live`: connected; the mediator pushes.
 * - `polling`: reachable; asked now and then.
 * - `away`: not reachable, or it refuses us; `nextTryInMs` says when it is tried again.
 */
export type UpstreamState = 'connecting' | 'live' | 'polling' | 'away';

/** An upstream as an operator sees it. Counts begin with the start of the gateway. */
export interface UpstreamStatus {
  readonly did: string;
  readonly state: UpstreamState;
  /** How long it has been in this state; `away` goes on through tries that fail. */
  readonly forMs: number;
  /** While `away`. */
  readonly nextTryInMs: number | undefined;
  /** The last thing that went wrong, also when it goes well again. */
  readonly lastError: WaypostError | undefined;
  /** The connection, while there is one. */
  readonly address: string | undefined;
  /** What it granted: what the DID documents of those behind us must lead to. */
  readonly routingDids: readonly string[];
  /** DIDs that it takes messages for on our behalf, and those it refused to. */
  readonly registered: number;
  readonly refused: number;
  /** Messages that were taken over, that came again, and that nobody could ever be given. */
  readonly collected: number;
  readonly duplicates: number;
  readonly discarded: number;
}

/** Where the client of one mediator stands. */
export class Progress {
  readonly #did: string;
  readonly #monotonicMs: () => number;
  #state: UpstreamState = 'connecting';
  #sinceMs: number;
  #nextTryAtMs: number | undefined;
  #lastError: WaypostError | undefined;
  #address: string | undefined;
  #routingDids: readonly string[] = [];
  #registrations: { readonly registered: number; readonly refused: number } = { registered: 0, refused: 0 };
  #collected = 0;
  #duplicates = 0;
  #discarded = 0;

  constructor(did: string, monotonicMs: () => number) {
    this.#did = did;
    this.#monotonicMs = monotonicMs;
    this.#sinceMs = monotonicMs();
  }

  granted(routingDids: readonly string[], address: string): void {
    this.#routingDids = routingDids;
    this.#address = address;
  }

  registrations(counts: { readonly registered: number; readonly refused: number }): void {
    this.#registrations = { registered: counts.registered, refused: counts.refused };
  }

  reached(state: 'live' | 'polling'): void {
    this.#enter(state);
    this.#nextTryAtMs = undefined;
  }

  /** Something went wrong that does not end the connection. */
  hindered(error: WaypostError): void {
    this.#lastError = error;
  }

  collected({ stored, duplicates, discarded, failure }: Collected): void {
    this.#collected += stored;
    this.#duplicates += duplicates;
    this.#discarded += discarded;
    if (failure !== undefined) this.hindered(failure);
  }

  away(cause: unknown, nextTryInMs: number): void {
    this.#lastError = isWaypostError(cause)
      ? cause
      : new WaypostError('ERR_INTERNAL', `the client of a mediator failed: ${String(cause)}`, { cause });
    this.#address = undefined;
    this.#nextTryAtMs = this.#monotonicMs() + nextTryInMs;
    this.#enter('away');
  }

  status(): UpstreamStatus {
    const nowMs = this.#monotonicMs();
    return {
      did: this.#did,
      state: this.#state,
      forMs: nowMs - this.#sinceMs,
      nextTryInMs: this.#nextTryAtMs === undefined ? undefined : Math.max(0, this.#nextTryAtMs - nowMs),
      lastError: this.#lastError,
      address: this.#address,
      routingDids: this.#routingDids,
      ...this.#registrations,
      collected: this.#collected,
      duplicates: this.#duplicates,
      discarded: this.#discarded,
    };
  }

  #enter(state: UpstreamState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = this.#monotonicMs();
  }
}
