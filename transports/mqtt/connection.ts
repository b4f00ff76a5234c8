import type { IPublishPacket, MqttClient, Packet } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { Slots } from '../../src/core/slots.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { channelClosed } from '../../src/transport/arrival.js';
import type { MqttLimits } from './limits.js';

/** A PUBLISH that came. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isRetained: boolean;
  /** MQTT 5: Response Topic, as a stranger wrote it. */
  readonly responseTopic: string | undefined;
  /** MQTT 5: Content Type, where it can be one. */
  readonly contentType: string | undefined;
  /** Whether the connection that it came on is still there. */
  isCurrent(): boolean;
  /**
   * To be called once: the broker may forget it (PUBACK), with a reason code of MQTT 5.0, 3.4.2.1, where it was refused. Without this call the
   * broker brings it again on the next connection. False when that is what will happen: the connection is gone.
   */
  settle(reasonCode?: number): boolean;
}

export interface PublishProperties {
  readonly retain?: boolean;
  /** MQTT 5 only; under 3.1.1 they are left out. */
  readonly responseTopic?: string;
  readonly contentType?: string;
}

interface BrokerConnectionOptions {
  readonly limits: MqttLimits;
  readonly scheduler: Scheduler;
  readonly onDelivery: (delivery: Delivery) => void;
  readonly onEvent: (event: string) => void;
}

/** PUBACK of MQTT 5: the broker took it, and there is nobody to bring it to, now or later. */
const NO_MATCHING_SUBSCRIBERS = 16;
const CLOSE_TIMEOUT_MS = 2000;
/** Part of the window. */
const READ_ON_AT = 0.75;
const MEDIA_TYPE = /^[\x21-\x7e]{1,200}$/;
/** Given to MQTT.js in place of "handled": it goes on to the next packet and does not acknowledge this one. */
const NOT_YET = new Error('acknowledged later');

/**
 * One connection to a broker, from the first packet to its end; there is no second life. MQTT.js would acknowledge a PUBLISH
 * before the next one is read, which makes each wait for the disk alone; here PUBACKs are written when an arrival is settled,
 * in whatever order that happens, and reading stops only where the window is full.
 */
export class BrokerConnection implements AsyncDisposable {
  readonly version: 4 | 5;
  /** Resolves when it is over. */
  readonly closed: Promise<void>;
  readonly #client: MqttClient;
  readonly #options: BrokerConnectionOptions;
  readonly #ended = new AbortController();
  readonly #unrouted = new Set<number>();
  #sending: Slots | undefined;
  #unsettled = 0;
  #unsettledBytes = 0;
  #readOn: (() => void) | undefined;
  #isReceiving = true;

  constructor(client: MqttClient, version: 4 | 5, options: BrokerConnectionOptions) {
    this.version = version;
    this.#client = client;
    this.#options = options;
    const { promise, resolve } = withResolvers<void>();
    this.closed = promise;
    client.handleMessage = (packet, done) => this.#receive(packet, done as (error?: Error) => void);
    client.on('packetreceive', (packet) => this.#inspect(packet));
    client.on('error', () => client.stream.destroy()); // a broker that breaks the rules; `close` follows
    client.on('close', () => {
      this.#ended.abort(channelClosed('the connection to the broker is gone'));
      resolve();
    });
  }

  get isOpen(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** The largest packet that the broker takes, and we want to send. */
  get maxPacketBytes(): number {
    const theirs = this.#client.serverProperties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#options.limits.maxPacketBytes, theirs);
  }

  /** Throws ERR_REFUSED (retryable: an access list can be mended) and ERR_CHANNEL_CLOSED. */
  async subscribe(filter: string): Promise<void> {
    const options = this.version === 5 ? { qos: 1 as const, rh: 2, rap: true } : { qos: 1 as const };
    const subscribing = this.#client.subscribeAsync(filter, options).catch((cause: Error) => {
      this.#ended.signal.throwIfAborted();
      throw new WaypostError('ERR_REFUSED', `the broker refuses a subscription to ${filter}`, {
        cause,
        retryable: true,
      });
    });
    const [granted] = await unlessAborted(subscribing, this.#ended.signal);
    if (granted?.qos === 1) return;
    throw new WaypostError('ERR_REFUSED', `the broker grants no QoS 1 for ${filter}`, { retryable: true });
  }

  /**
   * Publishes with QoS 1; resolves when the broker has acknowledged it. Throws ERR_CHANNEL_CLOSED and ERR_NETWORK (nobody is
   * subscribed, no answer in time; retryable), ERR_REFUSED with the broker's code, or the signal's reason.
   */
  async publish(
    topic: string,
    payload: Uint8Array,
    properties: PublishProperties,
    signal?: AbortSignal,
  ): Promise<void> {
    const signals = signal === undefined ? [this.#ended.signal] : [signal, this.#ended.signal];
    this.#sending ??= new Slots(this.#windowOfBroker());
    const slots = this.#sending;
    const turn = slots.take().then(async () => {
      try {
        for (const one of signals) one.throwIfAborted();
        await this.#publishNow(topic, payload, properties);
      } finally {
        slots.giveBack();
      }
    });
    await unlessAborted(turn, ...signals);
  }

  /** Leaves to the broker what comes from now on, and with it what is behind it: answers to our own publishes. */
  stopReceiving(): void {
    this.#isReceiving = false;
    this.#readOn?.();
  }

  /** Says goodbye to the broker, which then sends no last will. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOpen) return;
    const cancel = this.#options.scheduler.after(CLOSE_TIMEOUT_MS, () => this.#client.stream.destroy());
    this.#client.end(false, () => undefined);
    this.stopReceiving();
    await this.closed;
    cancel();
  }

  /** Ends it without a word: the broker sends the last will. */
  async abandon(): Promise<void> {
    this.#client.end(true);
    this.#client.stream.destroy();
    await this.closed;
  }

  #windowOfBroker(): number {
    const theirs = this.#client.serverProperties?.receiveMaximum ?? Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(this.#options.limits.maxUnacknowledged, theirs));
  }

  async #publishNow(topic: string, payload: Uint8Array, given: PublishProperties): Promise<void> {
    const { retain = false, responseTopic, contentType } = given;
    const { sendTimeoutMs } = this.#options.limits;
    const properties = {
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(contentType === undefined ? {} : { contentType }),
    };
    const { promise, resolve, reject } = withResolvers<void>();
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#client.publish(topic, bytes, { qos: 1, retain, properties }, (error) => (error ? reject(error) : resolve()));
    const id = this.#client.getLastMessageId();
    const cancel = this.#options.scheduler.after(sendTimeoutMs, () => {
      reject(new WaypostError('ERR_NETWORK', `the broker did not answer in ${sendTimeoutMs} ms`, { retryable: true }));
      this.#client.stream.destroy(); // it may answer yet, but to whom
    });
    try {
      await unlessAborted(promise.catch(toRefusal), this.#ended.signal);
    } finally {
      cancel();
    }
    if (this.#unrouted.delete(id) && !retain) {
      throw new WaypostError('ERR_NETWORK', 'nobody is subscribed there, and the broker keeps nothing', {
        retryable: true,
      });
    }
  }

  #inspect(packet: Packet): void {
    if (packet.cmd === 'puback' && packet.reasonCode === NO_MATCHING_SUBSCRIBERS) {
      this.#unrouted.add(packet.messageId ?? 0);
    }
    if (packet.cmd !== 'publish' || packet.qos !== 2) return;
    this.#options.onEvent('mqtt.qos2'); // it was never subscribed to
    this.#client.stream.destroy();
  }

  #receive(packet: IPublishPacket, done: (error?: Error) => void): void {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const isAcknowledged = packet.qos === 1;
    if (!this.#isReceiving) {
      done(NOT_YET);
      return;
    }
    this.#unsettled++;
    this.#unsettledBytes += payload.length;
    this.#options.onDelivery({
      topic: packet.topic,
      payload,
      isRetained: packet.retain,
      responseTopic: packet.properties?.responseTopic,
      contentType: MEDIA_TYPE.exec(packet.properties?.contentType ?? '')?.[0],
      isCurrent: () => this.isOpen,
      settle: (reasonCode = 0) => {
        this.#unsettled--;
        this.#unsettledBytes -= payload.length;
        if (this.#hasRoom()) this.#readOn?.();
        if (!this.isOpen) return false;
        if (isAcknowledged) this.#acknowledge(packet.messageId ?? 0, reasonCode);
        return true;
      },
    });
    if (this.#isFull()) this.#stopReading(done);
    else done(NOT_YET);
  }

  /** MQTT.js reads the next packet when it is told that this one is done. */
  #stopReading(done: (error?: Error) => void): void {
    this.#options.onEvent('mqtt.held');
    this.#readOn = () => {
      this.#readOn = undefined;
      done(NOT_YET);
    };
  }

  /** With MQTT 5 the broker should not go beyond the window; Mosquitto 2.0.11 does once PUBACKs and new messages mix. */
  #isFull(): boolean {
    const { window, maxUnsettledBytes } = this.#options.limits;
    return this.#unsettled > window || this.#unsettledBytes >= maxUnsettledBytes;
  }

  /** Reading goes on when there is room for more than the next message, or it would stop again behind each. */
  #hasRoom(): boolean {
    const { window, maxUnsettledBytes } = this.#options.limits;
    return this.#unsettled <= READ_ON_AT * window && this.#unsettledBytes <= READ_ON_AT * maxUnsettledBytes;
  }

  #acknowledge(messageId: number, reasonCode: number): void {
    const code = this.version === 5 && reasonCode !== 0 ? { reasonCode } : {};
    const { stream } = this.#client;
    mqttPacket.writeToStream({ cmd: 'puback', messageId, ...code }, stream, { protocolVersion: this.version });
  }
}

function toRefusal(cause: Error & { readonly code?: unknown }): never {
  if (cause instanceof WaypostError) throw cause;
  const isCode = typeof cause.code === 'number';
  if (!isCode) throw channelClosed('the connection to the broker is gone');
  const retryable = cause.code === 151 || cause.code === 128 || cause.code === 131; // quota, and what the broker does not say
  throw new WaypostError('ERR_REFUSED', `the broker refuses a message, with code ${cause.code}`, { cause, retryable });
}
