import { isWaypostError, WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import { Slots } from '../core/slots.js';
import type { MessageStore, QueuedMessage } from '../store/message-store.js';
import { Backoff, type BackoffOptions } from '../transport/reconnect.js';
import type { Address } from '../transport/transport.js';
import { OUTBOUND_PREFIX, outboundDid } from './destination.js';
import { Retries, type RetryState } from './retries.js';

/** One way to the next station or the recipient. */
export interface Hop {
  readonly address: Address;
  /** Its accepting answer is proof enough to delete the message; else the recipient's own ACK is waited for. */
  readonly isTrusted: boolean;
  /**
   * The DID of a station that says nothing about what it takes, but answers: it is asked something behind the message on the
   * same channel, and its answer shows that it has read what came before.
   */
  readonly asks?: string;
  /** Where nothing has to be dialled: sends, and resolves when the recipient has shown that it has read the message. */
  deliver?(message: Uint8Array, signal: AbortSignal): Promise<void>;
  /** What travels: the message as it is, or wrapped in forwards for the mediators on the way. */
  prepare(message: QueuedMessage): Promise<Uint8Array>;
}

export interface ForwarderOptions {
  readonly store: Pick<MessageStore, 'lease' | 'destinations'>;
  readonly scheduler: Scheduler;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  /** The ways to a destination, best first. Throws a WaypostError when there is none now. */
  hops(destination: string): Promise<readonly Hop[]>;
  /** Resolves when the peer accepted, rejects with a WaypostError. */
  send(hop: Hop, message: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Messages of a destination arrived where they were sent, and are deleted here. */
  readonly onSent?: () => void;
  readonly backoff: BackoffOptions;
  readonly limits?: Partial<ForwarderLimits>;
}

export interface ForwarderLimits {
  /** Destinations served at the same time. */
  readonly destinations: number;
  readonly batchMessages: number;
  readonly batchBytes: number;
  /** For preparing and sending one message; it is given up then and tried again. */
  readonly sendMs: number;
}

const DEFAULT_LIMITS: ForwarderLimits = {
  destinations: 16,
  batchMessages: 20,
  batchBytes: 4 * 1024 * 1024,
  sendMs: 60_000,
};
const PAGE = 500;
/** More are not passed by others: each batch would have to read all of them again. */
const MAX_HELD = 100;

/**
 * Pushes out what waits in the outbound queues: lease, send, acknowledge. Nothing is dropped here. What cannot be sent
 * stays queued and is tried again, and `why` says when and what went wrong; it leaves the store only for the reasons
 * of the store.
 *
 * A message that is refused for good, or sent over a link whose acknowledgement proves nothing, is held back so that
 * those behind it go on; it is offered again after the longest delay.
 */
export class Forwarder implements AsyncDisposable {
  readonly #options: ForwarderOptions;
  readonly #limits: ForwarderLimits;
  readonly #slots: Slots;
  readonly #retries: Retries;
  readonly #stop = new AbortController();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#slots = new Slots(this.#limits.destinations);
    this.#retries = new Retries(options.scheduler, options.monotonicMs, () => new Backoff(options.backoff));
  }

  /** Tries everything that waits, now: what was left by the run before, or what waited for a way out. */
  async start(): Promise<void> {
    let after: string = OUTBOUND_PREFIX;
    for (;;) {
      const page = await this.#options.store.destinations({ after, limit: PAGE });
      const outbound = page.filter(({ destination }) => outboundDid(destination) !== undefined);
      for (const { destination } of outbound) this.wake(destination);
      const last = page.at(-1);
      if (last === undefined || outbound.length < page.length || page.length < PAGE) return;
      after = last.destination;
    }
  }

  /** Something was put there, or the destination appeared: whatever delay was agreed with it is over. */
  wake(destination: string): void {
    if (this.#stop.signal.aborted) return;
    const state = this.#retries.of(destination);
    state.held.clear();
    this.#begin(destination, state);
  }

  /** What happens to a destination; undefined when nothing waits there or it was not looked at yet. */
  why(destination: string): ReturnType<Retries['describe']> {
    return this.#retries.describe(destination);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new WaypostError('ERR_DRAINING', 'this station is shutting down', { retryable: true }));
    this.#retries.cancelAll();
    await this.#slots.idle();
  }

  #begin(destination: string, state: RetryState): void {
    this.#retries.cancel(state);
    if (state.isRunning) {
      state.isAwaited = true;
      return;
    }
    state.isRunning = true;
    void this.#run(destination, state);
  }

  async #run(destination: string, state: RetryState): Promise<void> {
    await this.#slots.take();
    try {
      do {
        state.isAwaited = false;
        while (!this.#stop.signal.aborted && (await this.#pushBatch(destination, state)));
      } while (state.isAwaited && !this.#stop.signal.aborted);
      state.isRunning = false;
      if (!state.isFailed && state.held.size === 0) this.#retries.forget(destination);
      else this.#retryLater(destination, state);
    } finally {
      this.#slots.giveBack();
    }
  }

  #retryLater(destination: string, state: RetryState): void {
    if (this.#stop.signal.aborted) return;
    const { backoff, monotonicMs } = this.#options;
    let delayMs = backoff.maxMs;
    if (state.isFailed) {
      // Each message that is put there makes a try of its own. Those must not put off the next one, or a busy
      // destination that was away for a moment would wait the longest delay.
      state.plannedAtMs ??= monotonicMs() + state.backoff.nextMs();
      delayMs = Math.max(0, state.plannedAtMs - monotonicMs(), state.lastError?.retryAfterMs ?? 0);
    }
    this.#retries.schedule(state, Math.min(delayMs, backoff.maxMs), () => {
      state.plannedAtMs = undefined;
      state.held.clear();
      this.#begin(destination, state);
    });
  }

  /** True when there may be more to send right now. */
  async #pushBatch(destination: string, state: RetryState): Promise<boolean> {
    const { store } = this.#options;
    const { batchMessages, batchBytes, sendMs } = this.#limits;
    let hasSent = false;
    try {
      await using lease = await store.lease({
        destinations: [destination],
        durationMs: batchMessages * sendMs,
        limitMessages: batchMessages + state.held.size,
        limitBytes: [...state.held.values()].reduce((sum, bytes) => sum + bytes, batchBytes),
      });
      const messages =
        state.held.size < MAX_HELD ? (lease?.messages.filter(({ id }) => !state.held.has(id)) ?? []) : [];
      if (lease === undefined || messages.length === 0) {
        state.isFailed = false;
        return false;
      }
      const hops = await this.#options.hops(destination);
      for (const message of messages) {
        if (!(await this.#push(message, hops, state))) continue;
        await lease.acknowledge([message.id]);
        hasSent = true;
        reached(state); // a link that carries some messages and then fails is not one that is away
      }
      reached(state);
      state.isFailed = false;
      return true;
    } catch (cause) {
      this.#failed(destination, state, cause);
      return false;
    } finally {
      if (hasSent) this.#options.onSent?.();
    }
  }

  /** True when the message may be deleted; false when it is held back. Throws when the destination cannot be reached. */
  async #push(message: QueuedMessage, hops: readonly Hop[], state: RetryState): Promise<boolean> {
    let failure: WaypostError | undefined;
    for (const hop of hops) {
      try {
        await this.#sendOnce(hop, message);
        if (!hop.isTrusted) state.held.set(message.id, message.content.length);
        return hop.isTrusted;
      } catch (error) {
        if (!isWaypostError(error)) throw error;
        // What may still succeed is what to go by.
        if (failure === undefined || error.retryable) failure = error;
      }
      if (this.#stop.signal.aborted) break;
    }
    failure ??= new WaypostError('ERR_NO_SERVICE', 'the destination has no way that leads to it', { retryable: true });
    if (failure.retryable) throw failure;
    state.held.set(message.id, message.content.length);
    state.lastError = failure;
    const { id, destination } = message;
    this.#options.logger.debug('forwarder.refused', { id, destination, code: failure.code, message: failure.message });
    return false;
  }

  async #sendOnce(hop: Hop, message: QueuedMessage): Promise<void> {
    const { sendMs } = this.#limits;
    const timeout = new AbortController();
    const cancel = this.#options.scheduler.after(sendMs, () =>
      timeout.abort(new WaypostError('ERR_NETWORK', `no answer within ${sendMs} ms`, { retryable: true })),
    );
    try {
      const signal = AbortSignal.any([this.#stop.signal, timeout.signal]);
      await this.#options.send(hop, await hop.prepare(message), signal);
    } finally {
      cancel();
    }
  }

  #failed(destination: string, state: RetryState, cause: unknown): void {
    const error = isWaypostError(cause)
      ? cause
      : new WaypostError('ERR_INTERNAL', `pushing failed: ${String(cause)}`, { cause });
    state.isFailed = true;
    state.failures++;
    state.lastError = error;
    const fields = { destination, code: error.code, message: error.message, failures: state.failures };
    this.#options.logger.debug('forwarder.failed', fields);
  }
}

/** The next wait is a short one again. */
function reached(state: RetryState): void {
  state.failures = 0;
  state.plannedAtMs = undefined;
  state.backoff.reset();
}
