import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { DidResolver } from '../../envelope/resolvers.js';
import type { Received, Sender } from '../../protocols/protocol.js';
import { Backoff } from '../../transport/reconnect.js';
import type { Address, Channel, Transport } from '../../transport/transport.js';
import type { Conversations } from '../conversations.js';
import { oneWayConnection } from '../one-way-connection.js';
import type { Collector } from './collector.js';
import type { SpokenVersions } from './enrolment.js';
import { Line } from './line.js';
import type { UpstreamConfig, UpstreamLimits } from './options.js';
import { Pause } from './pause.js';
import { Progress, type UpstreamStatus } from './progress.js';
import type { RegistrationsOptions } from './registrations.js';
import { findMediator, type MediatorRoute } from './routes.js';
import { Session } from './session.js';

export interface UpstreamParts {
  /** Our current DID, which is a client of the mediator. */
  readonly ownDid: string;
  readonly resolver: DidResolver;
  readonly conversations: Conversations;
  readonly collector: Collector;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits: UpstreamLimits;
  readonly registrations: RegistrationsOptions;
  /** The proof that our DID came after another one; carried until the mediator has answered once. */
  readonly fromPrior: string | undefined;
  monotonicMs(): number;
  transportFor(address: Address): Transport | undefined;
  /** Handles what arrives on a channel, until it ends. */
  serve(channel: Channel): Promise<void>;
  /** There is backhaul again. */
  onReached(): void;
}

/** The client of one mediator: connects, keeps the connection at work, and comes back after each outage. */
export class Upstream implements AsyncDisposable {
  readonly #parts: UpstreamParts;
  readonly #config: UpstreamConfig;
  readonly #peer: Sender;
  readonly #progress: Progress;
  readonly #untilRetry: Pause;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #known: SpokenVersions = {};
  #session: Session | undefined;
  #isRotationKnown = false;
  #reachedAtMs = Infinity;
  #running: Promise<void> | undefined;

  constructor(config: UpstreamConfig, parts: UpstreamParts) {
    this.#parts = parts;
    this.#config = config;
    this.#peer = { did: parts.resolver.canonical(config.did), spelledAs: config.did };
    this.#progress = new Progress(config.did, parts.monotonicMs);
    this.#untilRetry = new Pause(parts.scheduler);
    this.#backoff = new Backoff({ ...parts.limits.retry, random: parts.random });
  }

  /** Returns at once; nothing local waits for a mediator. */
  start(): void {
    this.#running ??= this.#run();
  }

  status(): UpstreamStatus {
    return this.#progress.status();
  }

  registrationsChanged(): void {
    this.#session?.registrationsChanged();
  }

  /** Finishes what is being stored, and hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new WaypostError('ERR_DRAINING', 'this station is shutting down', { retryable: true }));
    this.#untilRetry.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, limits } = this.#parts;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#connectAndStay();
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        // A mediator that denies us, or answers nonsense, need not be asked as often as one that is merely away.
        const isFinal = isWaypostError(error) && !error.retryable;
        const waitMs = isFinal ? limits.retry.maxMs : Math.max(this.#backoff.nextMs(), retryAfterOf(error));
        this.#progress.away(error, waitMs);
        logger.info('upstream.away', {
          did: this.#config.did,
          message: String(error),
          nextTryInMs: Math.round(waitMs),
        });
        await this.#untilRetry.wait(waitMs);
      }
    }
  }

  async #connectAndStay(): Promise<void> {
    const { resolver, transportFor } = this.#parts;
    const routes = await findMediator(resolver, this.#config.did, this.#config.mode, transportFor);
    let failure: unknown;
    for (const route of routes) {
      const channel = await this.#dial(route).catch((error: unknown) => {
        failure = error;
      });
      if (channel !== undefined) return this.#stay(channel);
      if (this.#stop.signal.aborted) break;
    }
    throw failure;
  }

  #dial({ address, transport }: MediatorRoute): Promise<Channel> {
    return transport.dial(address, { signal: this.#stop.signal });
  }

  async #stay(channel: Channel): Promise<void> {
    const { conversations, scheduler, monotonicMs, limits } = this.#parts;
    await using line = this.#openLine(channel);
    const hangUp = (): void => void line[Symbol.asyncDispose]();
    this.#stop.signal.addEventListener('abort', hangUp, { once: true });
    const pause = new Pause(scheduler);
    void line.ended.then(() => pause.ring());
    const session = this.#openSession(line, pause);
    this.#session = session;
    const stopListening = conversations.listen(this.#peer.did, (received: Received) => session.take(received));
    this.#reachedAtMs = Infinity;
    try {
      await session.run();
    } finally {
      stopListening();
      this.#session = undefined;
      this.#stop.signal.removeEventListener('abort', hangUp);
      if (monotonicMs() - this.#reachedAtMs >= limits.stableAfterMs) this.#backoff.reset();
    }
  }

  #openLine(channel: Channel): Line {
    const { conversations, scheduler, ownDid, limits, serve, fromPrior } = this.#parts;
    return new Line({
      channel,
      conversations,
      scheduler,
      from: ownDid,
      peer: this.#peer,
      answerMs: limits.answerMs,
      headers: () => (fromPrior === undefined || this.#isRotationKnown ? {} : { from_prior: fromPrior }),
      serve,
      onAnswer: () => {
        this.#isRotationKnown = true;
      },
    });
  }

  #openSession(line: Line, pause: Pause): Session {
    const { limits, registrations, collector, logger, ownDid, monotonicMs, onReached } = this.#parts;
    const source = `upstream:${this.#peer.did}`;
    return new Session({
      line,
      config: this.#config,
      limits,
      known: this.#known,
      registrations,
      collector,
      progress: this.#progress,
      logger,
      pause,
      connection: oneWayConnection({ id: source, source, maxMessageBytes: line.maxMessageBytes }),
      ownDid,
      signal: this.#stop.signal,
      monotonicMs,
      onReached: () => {
        this.#reachedAtMs = monotonicMs();
        logger.info('upstream.reached', { did: this.#config.did, address: line.address });
        onReached();
      },
    });
  }
}

function retryAfterOf(error: unknown): number {
  return isWaypostError(error) ? (error.retryAfterMs ?? 0) : 0;
}
