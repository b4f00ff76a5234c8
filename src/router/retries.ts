import type { WaypostError } from '../core/errors.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Backoff } from '../transport/reconnect.js';

/** What is known of a destination that is being served or waits for its next try. */
export interface RetryState {
  isRunning: boolean;
  /** Something came while it was running. */
  isAwaited: boolean;
  /** The last try did not get through. */
  isFailed: boolean;
  /** In a row. */
  failures: number;
  lastError: WaypostError | undefined;
  /** Messages that wait for an ACK, or were refused, while others pass them: id and bytes. */
  readonly held: Map<string, number>;
  readonly backoff: Backoff;
  cancel: (() => void) | undefined;
  nextTryAtMs: number | undefined;
  /** When the backoff has it tried again, however often somebody wakes it before that. */
  plannedAtMs: number | undefined;
}

type Progress =
  | { readonly state: 'sending' }
  | {
      readonly state: 'waiting';
      readonly nextTryInMs: number | undefined;
      readonly failures: number;
      /** Messages that were refused or wait for an ACK. */
      readonly heldBack: number;
      readonly lastError: WaypostError | undefined;
    };

/** The book of who is tried when. In memory: after a restart everybody is tried at once, which is what one wants. */
export class Retries {
  readonly #states = new Map<string, RetryState>();
  readonly #scheduler: Scheduler;
  readonly #monotonicMs: () => number;
  readonly #createBackoff: () => Backoff;

  constructor(scheduler: Scheduler, monotonicMs: () => number, createBackoff: () => Backoff) {
    this.#createBackoff = createBackoff;
    this.#scheduler = scheduler;
    this.#monotonicMs = monotonicMs;
  }

  of(destination: string): RetryState {
    let state = this.#states.get(destination);
    if (state === undefined) {
      state = {
        isRunning: false,
        isAwaited: false,
        isFailed: false,
        failures: 0,
        lastError: undefined,
        held: new Map(),
        backoff: this.#createBackoff(),
        cancel: undefined,
        nextTryAtMs: undefined,
        plannedAtMs: undefined,
      };
      this.#states.set(destination, state);
    }
    return state;
  }

  forget(destination: string): void {
    this.#states.delete(destination);
  }

  schedule(state: RetryState, delayMs: number, run: () => void): void {
    state.nextTryAtMs = this.#monotonicMs() + delayMs;
    state.cancel = this.#scheduler.after(delayMs, run);
  }

  cancel(state: RetryState): void {
    state.cancel?.();
    state.cancel = undefined;
    state.nextTryAtMs = undefined;
  }

  cancelAll(): void {
    for (const state of this.#states.values()) this.cancel(state);
  }

  describe(destination: string): Progress | undefined {
    const state = this.#states.get(destination);
    if (state === undefined) return undefined;
    if (state.isRunning) return { state: 'sending' };
    const { nextTryAtMs, failures, lastError, held } = state;
    return {
      state: 'waiting',
      nextTryInMs: nextTryAtMs === undefined ? undefined : Math.max(0, nextTryAtMs - this.#monotonicMs()),
      failures,
      heldBack: held.size,
      lastError,
    };
  }
}
