import type { Aedes, Client, PublishPacket } from 'aedes';
import { quote, WaypostError } from '../../../src/core/errors.js';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import type { Address, Channel, Listener } from '../../../src/transport/transport.js';
import type { Delivery } from '../connection.js';
import type { MqttContext } from '../context.js';
import { openDevices } from '../devices.js';
import type { Publisher } from '../outgoing.js';
import { openInbox, type Session } from '../session.js';
import { parseMqttAddress } from '../topics.js';
import { covers } from './filters.js';

type Done = (error?: Error | null) => void;

/**
 * Stations of this process. They are no clients: a broker acknowledges a PUBLISH before its subscribers have it, and what
 * would be lost in between was acknowledged. A publish to a station is offered to it first, and goes on its way when it was settled.
 */
export class LocalStations implements AsyncDisposable {
  readonly #context: MqttContext;
  readonly #topics: readonly string[];
  readonly #maxWaiting: number;
  readonly #sessions = new Map<string, Session>();
  /** Whose listener was not closed. */
  readonly #accepting = new Set<Session>();
  #waiting = 0;
  #broker: { readonly aedes: Aedes; readonly origin: string } | undefined;

  constructor(context: MqttContext, topics: readonly string[], maxWaiting: number) {
    this.#context = context;
    this.#topics = topics;
    this.#maxWaiting = maxWaiting;
  }

  /** Before anything else. */
  attach(aedes: Aedes, origin: string): void {
    this.#broker = { aedes, origin };
  }

  /** Calls `done` when the station that the packet is for has settled it; at once where there is none. */
  offer(client: Client, packet: PublishPacket, done: Done): void {
    const topic = this.#topics.find((filter) => covers(filter, packet.topic));
    if (topic === undefined) {
      done(null);
      return;
    }
    const session = this.#sessions.get(topic);
    if (session === undefined || this.#waiting >= this.#maxWaiting) {
      this.#context.logger.debug('mqtt-broker.busy');
      done(new Error('not now')); // it sends it again when it comes back
    } else {
      this.#waiting++;
      session.receive(this.#toDelivery(client, packet, done));
    }
  }

  async listen(topic: string): Promise<Listener> {
    if (this.#broker === undefined) throw new WaypostError('ERR_INTERNAL', 'the broker does not run');
    const address = `${this.#broker.origin}/${topic}` as Address;
    const place = parseMqttAddress(address);
    if (!this.#topics.includes(topic)) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(topic, 200)} was not given to the broker`);
    }
    const before = this.#sessions.get(topic);
    if (before !== undefined && this.#accepting.has(before)) {
      throw new WaypostError('ERR_LISTEN', `${quote(topic, 200)} is in use`);
    }
    this.#end(topic); // channels that outlived their listener
    const channels = new BoundedQueue<Channel>(this.#context.limits.maxWaitingChannels);
    const isAccepting = (): boolean => this.#accepting.has(session);
    const options = {
      context: this.#context,
      connection: Promise.resolve(this.#publisher()),
      onChannel: (channel: Channel) => isAccepting() && channels.push(channel),
      onIdle: () => {
        if (!isAccepting()) this.#end(topic, session);
      },
    };
    const session: Session = place.kind === 'inbox' ? openInbox(place, options) : openDevices(place, options);
    this.#sessions.set(topic, session);
    this.#accepting.add(session);
    await this.#say(session, 'online');
    return {
      addresses: [address],
      [Symbol.asyncIterator]: () => channels[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => {
        if (!this.#accepting.delete(session)) return;
        await Promise.all(channels.clear().map((channel) => channel[Symbol.asyncDispose]()));
        await this.#say(session, 'offline');
        if (session.peers.count === 0) this.#end(topic, session);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const topic of [...this.#sessions.keys()]) this.#end(topic);
  }

  #end(topic: string, session = this.#sessions.get(topic)): void {
    if (session !== undefined && this.#sessions.get(topic) === session) this.#sessions.delete(topic);
    session?.peers.end();
  }

  #toDelivery(client: Client, packet: PublishPacket, done: Done): Delivery {
    const { topic, payload, retain } = packet;
    return {
      topic,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      isRetained: retain,
      responseTopic: undefined,
      contentType: undefined,
      isCurrent: () => !client.closed,
      settle: () => {
        this.#waiting--;
        done(null); // with its PUBACK; 3.1.1 has no word for a refusal
        return !client.closed;
      },
    };
  }

  #publisher(): Publisher {
    const { maxPacketBytes } = this.#context.limits;
    return { version: 4, maxPacketBytes, publish: (topic, payload) => this.#publish(topic, payload, false) };
  }

  async #say({ status }: Session, state: 'online' | 'offline'): Promise<void> {
    if (status !== undefined) await this.#publish(status, Buffer.from(state), true);
  }

  #publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void> {
    const bytes = Buffer.from(payload); // a copy: it may wait in a queue
    return new Promise((resolve, reject) => {
      const packet = { cmd: 'publish', topic, payload: bytes, qos: 1, retain, dup: false } as const;
      this.#broker?.aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  }
}
