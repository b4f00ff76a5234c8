import { isWaypostError } from '../core/errors.js';
import type { AbortOptions, Channel } from './transport.js';

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/**
 * Growing waits: the limit doubles with each failure up to `maxMs`, and the wait is a random time in its upper half.
 * The random half keeps a hundred stations that lost one peer at the same moment from coming back at the same moment;
 * the fixed half keeps each of them from coming back at once.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  nextMs(): number {
    const { initialMs, maxMs, random } = this.#options;
    const limitMs = Math.min(maxMs, initialMs * 2 ** Math.min(this.#failures++, 32));
    return limitMs / 2 + (limitMs / 2) * random();
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Monotonic time and waiting, passed in so that tests need no real time. */
export interface Timers {
  /** Milliseconds that never run backwards; only differences mean anything. */
  now(): number;
  /** Rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** `C`: a channel, or another connection. */
export interface ReconnectOptions<C = Channel> {
  readonly dial: (options: AbortOptions) => Promise<C>;
  readonly backoff: BackoffOptions;
  readonly timers: Timers;
  /** A channel that stayed open this long counts as a success: the next wait is a short one again. */
  readonly stableAfterMs: number;
  /** Ends the reconnecting; the channel that is open stays with whoever has it. */
  readonly signal: AbortSignal;
  /** Told of each failed attempt and how long the next one waits. */
  readonly onFailure?: (error: unknown, waitMs: number) => void;
}

/**
 * Gives one open channel after the other: the next is dialled when the loop asks for it, that is when it is done with
 * the last, and never sooner than the backoff (or the peer, by `retryAfterMs`) allows. Ends when `signal` aborts.
 * Throws what `dial` throws when trying again cannot help.
 *
 *     for await (const channel of reconnect(options)) await serve(channel);
 */
export async function* reconnect<C>(options: ReconnectOptions<C>): AsyncGenerator<C, void, undefined> {
  const { timers, signal, stableAfterMs } = options;
  const backoff = new Backoff(options.backoff);
  while (!signal.aborted) {
    let waitMs: number;
    try {
      const channel = await options.dial({ signal });
      const openedAtMs = timers.now();
      yield channel;
      if (timers.now() - openedAtMs >= stableAfterMs) backoff.reset();
      waitMs = backoff.nextMs();
    } catch (error) {
      if (signal.aborted) return;
      if (!isWaypostError(error) || !error.retryable) throw error;
      waitMs = Math.max(backoff.nextMs(), error.retryAfterMs ?? 0);
      options.onFailure?.(error, waitMs);
    }
    try {
      await timers.sleep(waitMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
