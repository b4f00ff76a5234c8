import { isWaypostError, type WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import { withResolvers } from '../core/with-resolvers.js';
import type { Exchange } from '../protocols/client/exchange.js';
import { MediationClient, type MediationVersion } from '../protocols/client/mediation-client.js';
import { PickupClient, type PickupVersion, readDelivery } from '../protocols/client/pickup-client.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Received, Sender } from '../protocols/protocol.js';
import { Backoff } from '../transport/reconnect.js';
import type { Address, Channel } from '../transport/transport.js';
import type { Collector } from './collector.js';
import type { Conversations } from './conversations.js';

/** A mediator on the internet that this station is a client of. */
export interface UpstreamOptions {
  /** Of the mediator, in full. */
  readonly did: string;
  /** Where it is, for instance `wss://mediator.example/`. Live mode needs a transport with channels that stay open. */
  readonly address: Address;
  /** Default 3.0. */
  readonly mediation?: MediationVersion;
  /** Default 3.0. */
  readonly pickup?: PickupVersion;
  /** For a mediator that admits by invitation. */
  readonly invitationId?: string;
  /** Between two questions, where live mode is not possible. Default 30 s. */
  readonly pollMs?: number;
}

interface UpstreamContext {
  readonly ownDid: string;
  readonly mediator: Sender;
  readonly registry: Registry;
  readonly conversations: Conversations;
  readonly collector: Collector;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number; readonly random: () => number };
  dial(address: Address): Promise<Channel>;
  /** Takes what arrives on a channel until it ends, and closes it. */
  serve(channel: Channel): Promise<void>;
}

export interface UpstreamStatus {
  readonly did: string;
  readonly state: 'connecting' | 'connected' | 'live' | 'polling' | 'closed';
  readonly routingDids: readonly string[];
  /** Recipients that the mediator did not take. */
  readonly refusedRecipients: readonly string[];
  readonly lastError: WaypostError | undefined;
}

const REQUEST_MS = 30_000;
const DEFAULT_POLL_MS = 30_000;
const BATCH = 50;

/**
 * Stays connected to a mediator: asks for mediation, registers the recipients that are served here, collects their
 * messages, and acknowledges them when they are in the store. While the mediator is away everything else goes on.
 */
export class Upstream implements AsyncDisposable {
  readonly #options: UpstreamOptions;
  readonly #context: UpstreamContext;
  readonly #backoff: Backoff;
  readonly #registered = new Set<string>();
  readonly #stop = withResolvers<void>();
  #isStopped = false;
  #channel: Channel | undefined;
  #wake: () => void = () => {};
  #status: UpstreamStatus;
  #running: Promise<void> = Promise.resolve();

  constructor(options: UpstreamOptions, context: UpstreamContext) {
    this.#options = options;
    this.#context = context;
    this.#backoff = new Backoff(context.backoff);
    const { did } = options;
    this.#status = { did, state: 'connecting', routingDids: [], refusedRecipients: [], lastError: undefined };
  }

  get status(): UpstreamStatus {
    return this.#status;
  }

  start(): void {
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#stop.resolve();
    this.#wake();
    await this.#channel?.[Symbol.asyncDispose]();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#connect();
      } catch (error) {
        const known = isWaypostError(error) ? error : undefined;
        this.#update({ lastError: known });
        this.#context.logger.debug('upstream.failed', { did: this.#options.did, message: String(error) });
      }
      this.#update({ state: 'connecting' });
      await this.#pause(this.#backoff.nextMs());
    }
    this.#update({ state: 'closed' });
  }

  async #connect(): Promise<void> {
    const { conversations, mediator, registry, dial, serve } = this.#context;
    const channel = await dial(this.#options.address);
    this.#channel = channel;
    if (this.#isStopped) return channel[Symbol.asyncDispose]();
    const ended = serve(channel);
    const pickup = new PickupClient(this.#exchangeOn(channel), this.#options.pickup ?? '3.0');
    const stops = [
      conversations.listen(mediator.did, (received) => this.#takeDelivery(received, pickup)),
      registry.changes.listen(registry.anyChange, () => this.#wake()),
    ];
    try {
      await Promise.race([this.#work(channel, pickup), ended, this.#stop.promise]);
    } finally {
      for (const stop of stops) stop();
      await channel[Symbol.asyncDispose]();
      await ended;
    }
  }

  async #work(channel: Channel, pickup: PickupClient): Promise<void> {
    const mediation = new MediationClient(this.#exchangeOn(channel), this.#options.mediation ?? '3.0');
    const routingDids = await mediation.request(this.#options.invitationId);
    this.#update({ state: 'connected', routingDids, lastError: undefined });
    this.#registered.clear();
    await this.#register(mediation);
    const isLive = channel.replies === 'many' && (await pickup.goLive());
    this.#update({ state: isLive ? 'live' : 'polling' });
    this.#backoff.reset();
    while (!this.#isStopped) {
      await this.#register(mediation);
      if (!isLive) await this.#poll(pickup);
      await this.#pause(isLive ? undefined : (this.#options.pollMs ?? DEFAULT_POLL_MS));
    }
  }

  /** Tells the mediator which recipients came and went since it was last told. */
  async #register(mediation: MediationClient): Promise<void> {
    // Also this station itself: who reaches its clients through it can then send by way of the mediator.
    const served = new Set([this.#context.ownDid, ...(await this.#context.registry.recipients())]);
    const added = [...served].filter((did) => !this.#registered.has(did));
    const removed = [...this.#registered].filter((did) => !served.has(did));
    const refused: string[] = [];
    for (let at = 0; at < added.length; at += BATCH) {
      const changes = added.slice(at, at + BATCH).map((did) => ({ did, action: 'add' as const }));
      refused.push(...(await mediation.update(changes)));
    }
    if (removed.length > 0) await mediation.update(removed.map((did) => ({ did, action: 'remove' })));
    for (const did of added) this.#registered.add(did);
    for (const did of removed) this.#registered.delete(did);
    if (added.length > 0) this.#update({ refusedRecipients: refused });
  }

  async #poll(pickup: PickupClient): Promise<void> {
    for (;;) {
      const { received, delivered } = await pickup.fetch(BATCH);
      const taken = await this.#context.collector.take(delivered, received);
      await pickup.acknowledge(taken);
      if (taken.length === 0) return;
    }
  }

  async #takeDelivery(received: Received, pickup: PickupClient): Promise<boolean> {
    const delivered = readDelivery(received);
    if (delivered === undefined) return received.type.name === 'status';
    await pickup.acknowledge(await this.#context.collector.take(delivered, received));
    return true;
  }

  #exchangeOn(channel: Channel): Exchange {
    const { conversations, ownDid, mediator } = this.#context;
    return {
      request: (request) =>
        conversations.request(channel, { ...request, mayWait: false }, ownDid, mediator, REQUEST_MS),
      send: (request) => conversations.send(channel, { ...request, mayWait: false }, ownDid, mediator),
    };
  }

  /** Until something changes, at most `ms`. */
  async #pause(ms: number | undefined): Promise<void> {
    if (this.#isStopped) return;
    const { promise, resolve } = withResolvers<void>();
    this.#wake = resolve;
    const cancel = ms === undefined ? () => {} : this.#context.scheduler.after(ms, resolve);
    await Promise.race([promise, this.#stop.promise]);
    cancel();
  }

  #update(change: Partial<UpstreamStatus>): void {
    this.#status = { ...this.#status, ...change };
  }
}
