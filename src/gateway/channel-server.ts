import { WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { Slots } from '../core/slots.js';
import type { Received } from '../protocols/protocol.js';
import { isForward } from '../protocols/routing.js';
import type { SensorPeer, Sensors } from '../sensor/sensors.js';
import type { Arrival, Channel, Listener } from '../transport/transport.js';
import type { Handler } from './handler.js';
import type { Opened } from './intake.js';
import type { PeerConnection } from './peer-connection.js';
import { sensorPeerOf } from './sensor-peer.js';

interface ChannelServerOptions {
  readonly handler: Pick<Handler, 'open' | 'admit' | 'handle' | 'refuse'>;
  /** Takes what no DIDComm message is. */
  readonly sensors: Sensors | undefined;
  readonly logger: Logger;
  /** Messages that this station works on at the same time, from all channels. */
  readonly handling: number;
  /** Of one channel: messages that are opened before it is their turn, and forwards that are handled. */
  readonly openingPerChannel: number;
  readonly handlingPerChannel: number;
  connect(channel: Channel): PeerConnection;
}

/** A channel that is served. */
interface Served {
  readonly channel: Channel;
  readonly connection: PeerConnection;
  /** What is opened, or waits for its turn. */
  readonly opening: Slots;
  /** Resolves when everything that came so far has had its turn. */
  turn: Promise<void>;
  /** What of it is handled at the same time: forwards, and frames of sensors. */
  readonly overlapping: Slots;
  /** Made when the first frame of a sensor comes. */
  sensorPeer?: SensorPeer;
}

/**
 * Takes arrivals from channels, no faster than they can be handled. The messages of one channel are opened side by side, and
 * handled in their order, because an agent that says "received" and then "give me more" means it so. Only forwards and
 * sensor frames overlap while they are handled, so that their writes can share a sync to the disk. A slot is held while this
 * station works, and never while it waits for a peer: one that reads no answers stops nobody else.
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
    const { openingPerChannel, handlingPerChannel } = this.#options;
    const served: Served = {
      channel,
      connection,
      opening: new Slots(openingPerChannel),
      turn: Promise.resolve(),
      overlapping: new Slots(handlingPerChannel),
    };
    try {
      for await (const arrival of channel) await this.#take(arrival, served);
      await served.turn;
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

  /** Resolves when the channel may be asked for the next one. */
  async #take(arrival: Arrival, served: Served): Promise<void> {
    const { sensors } = this.#options;
    if (sensors?.takes(arrival) === true) {
      await served.overlapping.take();
      if (!(await this.#begin(arrival, served))) return served.overlapping.giveBack();
      served.sensorPeer ??= sensorPeerOf(served.channel, served.connection);
      void sensors.take(arrival, served.sensorPeer, this.#release).then(() => served.overlapping.giveBack());
      return;
    }
    await served.opening.take();
    if (await this.#begin(arrival, served)) served.turn = this.#handleInTurn(arrival, served, served.turn);
    else served.opening.giveBack();
  }

  /** Opens a message at once, and handles it when `turn` resolves. Resolves when it is the turn of the next. Has a slot to begin with. */
  async #handleInTurn(arrival: Arrival, served: Served, turn: Promise<void>): Promise<void> {
    const { handler } = this.#options;
    const opened = await handler.open(arrival.bytes).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    this.#release();
    await turn;
    served.opening.giveBack();
    if ('error' in opened) await handler.refuse(arrival, served.connection, opened.error);
    else if (isForward(opened.value.type)) await this.#handleForward(arrival, opened.value, served);
    else await this.#handleAlone(arrival, opened.value, served);
  }

  /** Resolves when it is being handled. */
  async #handleForward(arrival: Arrival, opened: Opened, served: Served): Promise<void> {
    const { connection, overlapping } = served;
    await overlapping.take();
    const received = await this.#admit(arrival, opened, served);
    if (received === undefined) overlapping.giveBack();
    else {
      const handled = this.#options.handler.handle(arrival, received, connection, this.#release);
      void handled.then(() => overlapping.giveBack());
    }
  }

  /** Resolves when it was handled, and its peer has the answer. */
  async #handleAlone(arrival: Arrival, opened: Opened, served: Served): Promise<void> {
    await served.overlapping.idle();
    const received = await this.#admit(arrival, opened, served);
    if (received === undefined) return;
    await this.#options.handler.handle(arrival, received, served.connection, this.#release);
  }

  /** Takes a slot, and gives it back when the message is not admitted. */
  async #admit(arrival: Arrival, opened: Opened, served: Served): Promise<Received | undefined> {
    if (!(await this.#begin(arrival, served))) return undefined;
    try {
      return await this.#options.handler.admit(opened, served.connection);
    } catch (error) {
      this.#release();
      await this.#options.handler.refuse(arrival, served.connection, error);
      return undefined;
    }
  }

  /** Takes a slot; false, and none, when the arrival was refused because the station is shutting down. */
  async #begin(arrival: Arrival, { connection }: Served): Promise<boolean> {
    await this.#slots.take();
    if (!this.#isDraining) return true;
    this.#release();
    const reason = new WaypostError('ERR_DRAINING', 'this station is shutting down', { retryable: true });
    await this.#options.handler.refuse(arrival, connection, reason);
    return false;
  }
}
