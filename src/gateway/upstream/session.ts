import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { type Delivery, PickupClient, readDelivery } from '../../protocols/client/pickup-client.js';
import type { Connection, Received } from '../../protocols/protocol.js';
import { channelClosed } from '../../transport/arrival.js';
import type { Collected, Collector } from './collector.js';
import { beginPickup, enrol, type SpokenVersions } from './enrolment.js';
import { isDeclined, type Line } from './line.js';
import type { UpstreamConfig, UpstreamLimits } from './options.js';
import type { Pause } from './pause.js';
import type { Progress } from './progress.js';
import { Registrations, type RegistrationsOptions } from './registrations.js';

interface SessionOptions {
  readonly line: Line;
  readonly config: UpstreamConfig;
  readonly limits: UpstreamLimits;
  readonly known: SpokenVersions;
  readonly registrations: RegistrationsOptions;
  readonly collector: Collector;
  readonly progress: Progress;
  readonly logger: Logger;
  /** Rung when registrations changed and when the connection ended. */
  readonly pause: Pause;
  /** What is collected is counted for this connection. */
  readonly connection: Connection;
  /** The DID that must be reachable through the mediator. */
  readonly ownDid: string;
  readonly signal: AbortSignal;
  monotonicMs(): number;
  /** Mediation is granted and what waited is here. */
  onReached(): void;
}

/**
 * Deliveries in a row that bring nothing new. A few are what a broken connection left unacknowledged; more of them come
 * from a mediator that gives the same messages again and again, under whatever ids.
 */
const MAX_STALE_DELIVERIES = 10;

/** One connection to a mediator, from enrolling to its end. */
export class Session {
  readonly #options: SessionOptions;
  #registrationsChanged = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  registrationsChanged(): void {
    this.#registrationsChanged = true;
    this.#options.pause.ring();
  }

  /** True when the message was for a client of the mediator: what it pushes, and late answers that nobody waits for. */
  async take(received: Received): Promise<boolean> {
    const delivery = readDelivery(received);
    if (delivery !== undefined) {
      await this.#collect(delivery).catch((error: unknown) => this.#hindered(error));
      return true;
    }
    const { protocol, name } = received.type;
    return (protocol === 'messagepickup' && name === 'status') || protocol === 'coordinatemediation';
  }

  /** Runs until the connection ends or `signal` aborts. Throws why it ended. */
  async run(): Promise<void> {
    const { line, config, known, progress, limits } = this.#options;
    const { mediation, routingDids, versions } = await enrol(line, known, config.invitationId);
    progress.granted(routingDids, line.address);
    const registrations = new Registrations(mediation, this.#options.registrations);
    registrations.learn(await this.#unlessDeclined(mediation.list(), []));
    await this.#register(registrations);
    const [pickup, delivery] = await beginPickup(line, known, versions, limits.batchMessages);
    await this.#drain(pickup, delivery);
    const isLive = config.mode !== 'poll' && (await this.#goLive(pickup));
    progress.reached(isLive ? 'live' : 'polling');
    this.#options.onReached();
    await this.#stay(pickup, registrations, isLive);
  }

  async #stay(pickup: PickupClient, registrations: Registrations, isLive: boolean): Promise<void> {
    const { config, limits, monotonicMs } = this.#options;
    let lookAtMs = monotonicMs() + config.pollIntervalMs;
    for (;;) {
      await this.#wait(lookAtMs - monotonicMs());
      if (this.#registrationsChanged) {
        await this.#wait(limits.gatherChangesMs);
        this.#registrationsChanged = false;
        await this.#register(registrations);
      }
      if (monotonicMs() >= lookAtMs) {
        await this.#look(pickup, isLive);
        lookAtMs = monotonicMs() + config.pollIntervalMs;
      }
    }
  }

  async #wait(ms: number): Promise<void> {
    const { line, signal, pause } = this.#options;
    if (ms > 0) await pause.wait(ms);
    signal.throwIfAborted();
    if (line.isClosed) throw channelClosed('the mediator closed the connection');
  }

  /** In live mode the question shows that the mediator is still there, and the count that a push went missing. */
  async #look(pickup: PickupClient, isLive: boolean): Promise<void> {
    if (isLive && (await pickup.count()) === 0) return;
    await this.#drain(pickup, await pickup.deliver(this.#options.limits.batchMessages));
  }

  /** What comes between the last look and the switch is neither pushed nor was it seen: one more look finds it. */
  async #goLive(pickup: PickupClient): Promise<boolean> {
    const { line, config, limits } = this.#options;
    if (line.isPersistent && (await pickup.goLive())) {
      await this.#drain(pickup, await pickup.deliver(limits.batchMessages));
      return true;
    }
    if (config.mode === 'live') throw new WaypostError('ERR_REFUSED', 'the mediator refuses live mode');
    return false;
  }

  /** Fetches until nothing is left, beginning with what was delivered already. */
  async #drain(pickup: PickupClient, first: Delivery): Promise<void> {
    let stale = 0;
    for (let delivery = first; delivery.attachments.length > 0 && !this.#options.signal.aborted; ) {
      const { settled, stored } = await this.#collect(delivery);
      stale = stored === 0 ? stale + 1 : 0;
      if (settled.length === 0 || stale === MAX_STALE_DELIVERIES) return;
      delivery = await pickup.deliver(this.#options.limits.batchMessages);
    }
  }

  /** Takes a delivery over, and only then lets the mediator delete it. */
  async #collect(delivery: Delivery): Promise<Collected> {
    const { collector, connection, progress, line } = this.#options;
    const collected = await collector.collect(delivery, connection);
    progress.collected(collected);
    const pickup = new PickupClient(
      delivery.version,
      (request) => line.ask(request),
      (message) => line.tell(message),
    );
    await pickup.acknowledge(collected.settled);
    return collected;
  }

  async #register(registrations: Registrations): Promise<void> {
    const { progress, ownDid } = this.#options;
    await this.#unlessDeclined(registrations.update(), undefined);
    progress.registrations(registrations);
    if (registrations.isRefused(ownDid)) {
      this.#hindered(new WaypostError('ERR_NOT_ALLOWED', 'the mediator refuses to take messages for our own DID'));
    }
  }

  /** What a mediator cannot do is noted, and the rest goes on. */
  async #unlessDeclined<T>(work: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!isDeclined(error, this.#options.line)) throw error;
      this.#hindered(error);
      return otherwise;
    }
  }

  #hindered(cause: unknown): void {
    const error = isWaypostError(cause)
      ? cause
      : new WaypostError('ERR_INTERNAL', `a delivery failed: ${String(cause)}`, { cause });
    this.#options.progress.hindered(error);
    this.#options.logger.debug('upstream.hindered', { code: error.code, message: error.message });
  }
}
