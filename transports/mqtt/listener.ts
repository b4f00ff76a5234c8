import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { isNearbyHost } from '../../src/net/nearby-host.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { reconnect } from '../../src/transport/reconnect.js';
import { createTimers } from '../../src/transport/timers.js';
import type { Address, Channel, Listener } from '../../src/transport/transport.js';
import { connectToBroker, nameOf } from './connect.js';
import type { BrokerConnection, Delivery } from './connection.js';
import { base32Name, type MqttContext } from './context.js';
import { withDeadline } from './deadline.js';
import { openDevices } from './devices.js';
import { openInbox, type Session } from './session.js';
import type { DevicesPlace, InboxPlace } from './topics.js';

interface MqttListenerOptions {
  readonly address: Address;
  readonly place: InboxPlace | DevicesPlace;
  readonly context: MqttContext;
  /** Nothing of it is left: the address is free again. */
  readonly onEnd: () => void;
}

/** A connection and what is done on it. */
interface Line {
  readonly connection: BrokerConnection;
  readonly session: Session;
}

const ONLINE = new TextEncoder().encode('online');
const OFFLINE = new TextEncoder().encode('offline');
const CLIENT_ID_CHARS = 22;

/** Waits for messages on a broker, and comes back to it for as long as it takes. Channels end with their connection. */
export class MqttListener implements Listener {
  readonly addresses: readonly Address[];
  /** Resolves when the first attempt to connect has ended, in whatever way. */
  readonly tried: Promise<void>;
  readonly #options: MqttListenerOptions;
  readonly #channels: BoundedQueue<Channel>;
  readonly #stop = new AbortController();
  readonly #tell: () => void;
  readonly #ended: Promise<void>;
  #line: Line | undefined;
  #lastError: string | null = null;
  #isAccepting = true;

  constructor(options: MqttListenerOptions) {
    this.addresses = [options.address];
    this.#options = options;
    this.#channels = new BoundedQueue(options.context.limits.maxWaitingChannels);
    const { promise, resolve } = withResolvers<void>();
    this.tried = promise;
    this.#tell = resolve;
    this.#ended = this.#run();
  }

  /** False when it was disposed, and only its channels are left. */
  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  /** For status and metrics. */
  get isConnected(): boolean {
    return this.#line?.connection.isOpen ?? false;
  }

  /** Why it is not connected: what the last attempt failed with. */
  get lastError(): string | null {
    return this.isConnected ? null : this.#lastError;
  }

  [Symbol.asyncIterator](): AsyncIterator<Channel> {
    return this.#channels[Symbol.asyncIterator]();
  }

  /** Channels that somebody has stay open, and with them the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAccepting = false;
    const untaken = this.#channels.clear();
    await Promise.all(untaken.map((channel) => channel[Symbol.asyncDispose]()));
    if (!this.#hasChannels()) await this.#finish();
  }

  /** Ends it with all that is open. */
  async close(): Promise<void> {
    this.#isAccepting = false;
    this.#channels.clear();
    this.#line?.session.peers.end();
    await this.#finish();
  }

  async #run(): Promise<void> {
    const { context, address, onEnd } = this.#options;
    const { limits, random, scheduler, now, logger } = context;
    const lines = reconnect({
      dial: async () => this.#dial().finally(this.#tell),
      backoff: { initialMs: limits.reconnectInitialMs, maxMs: this.#longestWaitMs(), random },
      timers: createTimers(scheduler, now),
      stableAfterMs: limits.stableAfterMs,
      signal: this.#stop.signal,
      onFailure: (error, waitMs) => {
        this.#lastError = error instanceof Error ? error.message : String(error);
        logger.warn('mqtt.unreachable', { at: address, message: this.#lastError, retryInMs: Math.round(waitMs) });
      },
    });
    try {
      for await (const line of lines) await this.#serve(line);
    } finally {
      this.#channels.end();
      onEnd();
    }
  }

  #longestWaitMs(): number {
    const { context, place } = this.#options;
    const { reconnectMaxMs, reconnectNearbyMaxMs } = context.limits;
    return isNearbyHost(place.broker.hostname) ? Math.min(reconnectMaxMs, reconnectNearbyMaxMs) : reconnectMaxMs;
  }

  async #serve({ connection, session }: Line): Promise<void> {
    const { context, address } = this.#options;
    this.#lastError = null;
    context.logger.info('mqtt.connected', { at: address, version: nameOf(connection.version) });
    context.onConnected();
    await connection.closed;
    session.peers.end();
    this.#line = undefined;
    if (!this.#stop.signal.aborted) context.logger.warn('mqtt.disconnected', { at: address });
    if (!this.#isAccepting) this.#stop.abort();
  }

  async #dial(): Promise<Line> {
    const { context, place } = this.#options;
    const { promise, resolve } = withResolvers<BrokerConnection>();
    const open = place.kind === 'inbox' ? openInbox.bind(undefined, place) : openDevices.bind(undefined, place);
    const session = open({
      context,
      connection: promise,
      onChannel: (channel) => this.#isAccepting && this.#channels.push(channel),
      onIdle: () => {
        if (!this.#isAccepting) void this.#finish();
      },
    });
    try {
      const { scheduler, limits } = context;
      const connection = await withDeadline(scheduler, limits.connectTimeoutMs, this.#stop.signal, (signal) =>
        this.#connect(session, signal),
      );
      resolve(connection);
      this.#line = { connection, session };
      return this.#line;
    } catch (error) {
      session.peers.end();
      throw toRetryable(error);
    }
  }

  async #connect(session: Session, signal: AbortSignal): Promise<BrokerConnection> {
    const { context, place } = this.#options;
    const { origin } = place.broker;
    const will =
      session.status === undefined ? {} : { will: { topic: session.status, payload: OFFLINE, retain: true } };
    const connection = await connectToBroker(
      () => context.open(place.broker, signal),
      {
        origin,
        clientId: this.#clientId(),
        credentials: context.credentials(origin),
        isPersistent: true,
        ...will,
        versions: context.versions,
        limits: context.limits,
        scheduler: context.scheduler,
        onDelivery: (delivery: Delivery) => session.receive(delivery),
        onEvent: (event) => context.logger.debug(event),
      },
      signal,
    );
    try {
      await unlessAborted(connection.subscribe(session.filter), signal);
      await unlessAborted(this.#say(connection, session, ONLINE), signal);
      return connection;
    } catch (error) {
      await connection.abandon();
      throw error;
    }
  }

  /** Where the access list lets nobody know about us, we are there all the same. */
  async #say(connection: BrokerConnection, { status }: Session, state: Uint8Array): Promise<void> {
    if (status === undefined) return;
    try {
      await connection.publish(status, state, { retain: true });
    } catch (error) {
      if (!isWaypostError(error, 'ERR_REFUSED')) throw error;
      this.#options.context.logger.warn('mqtt.status-refused', { message: error.message });
    }
  }

  /** The same at each start, by which a broker knows the session again. */
  #clientId(): string {
    const hash = this.#options.context.sha256(new TextEncoder().encode(this.#options.address));
    return base32Name(hash.subarray(0, CLIENT_ID_CHARS));
  }

  #hasChannels(): boolean {
    return (this.#line?.session.peers.count ?? 0) > 0;
  }

  async #finish(): Promise<void> {
    this.#stop.abort(new Error('the listener was closed'));
    if (this.#line !== undefined) {
      const { connection, session } = this.#line;
      connection.stopReceiving();
      await this.#say(connection, session, OFFLINE).catch(() => undefined); // then the last will is not needed, or comes
      await connection[Symbol.asyncDispose]();
    }
    await this.#ended;
  }
}

/** A broker is an operator's to mend: whatever is wrong with it today may not be tomorrow. */
function toRetryable(error: unknown): unknown {
  if (!isWaypostError(error)) {
    const what = `connecting to a broker failed: ${String(error)}`;
    return new WaypostError('ERR_INTERNAL', what, { cause: error, retryable: true, retryAfterMs: 60_000 });
  }
  if (error.retryable) return error;
  return new WaypostError(error.code, error.message, { cause: error, retryable: true, retryAfterMs: 60_000 });
}
