import { WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { Slots } from '../core/slots.js';
import { isForward } from '../protocols/routing.js';
import type { SensorPeer, Sensors } from '../sensor/sensors.js';
import type { Arrival, Channel, Listener } from '../transport/transport.js';
import type { Handler } from './handler.js';
import type { PeerConnection } from './peer-connection.js';
import { sensorPeerOf } from './sensor-peer.js';

interface ChannelServerOptions {
  readonly handler: Handler;
  /** Takes what no DIDComm message is. */
  readonly sensors: Sensors | undefined;
  readonly logger: Logger;
  /** Messages at the same time: from all channels, and forwards from one. */
  readonly handling: number;
  readonly handlingPerChannel: number;
  connect(channel: Channel): PeerConnection;
}

/** A channel that is served. */
interface Served {
  readonly channel: Channel;
  readonly connection: PeerConnection;
  /** What of it is handled at the same time: forwards, and frames of sensors. */
  readonly overlapping: Slots;
  /** Made when the first frame of a sensor comes. */
  sensorPeer?: SensorPeer;
}

/**
 * Takes arrivals from channels, no faster than they can be handled. On one channel forwards and sensor frames overlap, so that their
 * writes can share a sync to the disk; everything else waits for what came before it, because an agent that says
 * "received" and then "give me more" means it in this order.
 */
export class ChannelServer implements AsyncDisposable {
  readonly #options: ChannelServerOptions;
  readonly #slots: Slots;
  readonly #listeners = new Set<Listener>();
  readonly #channels = new Map<Channel, PeerConnection>();
  readonly #release = (): void => this.#slots.giveBack();
  #isDraining = false;

  constructor(options: ChannelServerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.handling);
  }

  get handling(): number {
    return this.#slots.taken;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  connections(): readonly PeerConnection[] {
    return [...this.#channels.values()];
  }

  /** Takes the channels of a listener, and disposes it with itself. Resolves when it ended. */
  async serveListener(listener: Listener): Promise<void> {
    this.#listeners.add(listener);
    try {
      for await (const channel of listener) void this.serveChannel(channel);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Resolves when the channel ended. Never rejects: what goes wrong on one channel concerns nobody else. */
  async serveChannel(channel: Channel): Promise<void> {
    const connection = this.#options.connect(channel);
    const { logger } = this.#options;
    const at = channel.remoteAddress;
    this.#channels.set(channel, connection);
    // Of a medium without connections every message would be one.
    if (connection.isPersistent) logger.info('link.up', { at, says: connection.claimedDid });
    const served: Served = { channel, connection, overlapping: new Slots(this.#options.handlingPerChannel) };
    try {
      for await (const arrival of channel) await this.#take(arrival, served);
      await served.overlapping.idle();
    } catch (error) {
      logger.debug('channel.failed', { from: at, message: String(error) });
    } finally {
      if (connection.isPersistent) logger.info('link.down', { at, proven: connection.dids[0] });
      this.#channels.delete(channel);
      connection.close();
      await channel[Symbol.asyncDispose]();
    }
  }

  /** Takes nothing new, finishes what is being handled, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDraining = true;
    await Promise.all([...this.#listeners].map((listener) => listener[Symbol.asyncDispose]()));
    await this.#slots.idle();
    await Promise.all([...this.#channels.keys()].map((channel) => channel[Symbol.asyncDispose]()));
  }

  async #take(arrival: Arrival, served: Served): Promise<void> {
    const { connection, overlapping } = served;
    if (!this.#slots.tryTake()) await this.#slots.take();
    if (this.#isDraining) {
      const reason = new WaypostError('ERR_DRAINING', 'this station is shutting down', { retryable: true });
      await arrival.refuse(reason).finally(this.#release);
      return;
    }
    const { handler, sensors } = this.#options;
    if (sensors?.takes(arrival) === true) {
      if (!overlapping.tryTake()) await overlapping.take();
      served.sensorPeer ??= sensorPeerOf(served.channel, connection);
      void sensors.take(arrival, served.sensorPeer, this.#release).then(() => overlapping.giveBack());
      return;
    }
    const received = await handler.open(arrival, connection);
    if (received === undefined) {
      this.#release();
    } else if (isForward(received.type)) {
      if (!overlapping.tryTake()) await overlapping.take();
      void handler.handle(arrival, received, connection, this.#release).then(() => overlapping.giveBack());
    } else {
      await overlapping.idle();
      await handler.handle(arrival, received, connection, this.#release);
    }
  }
}
