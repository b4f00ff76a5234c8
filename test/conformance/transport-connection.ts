import { createScheduler, type Scheduler } from '../../src/core/scheduler.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type {
  Address,
  Arrival,
  Channel,
  Listener,
  Transport,
  TransportSupport,
} from '../../src/transport/transport.js';
import { within } from './within.js';

/** A transport to test. Disposing closes what the fixture opened for it. */
export interface TransportFixture extends AsyncDisposable {
  readonly transport: Transport;
  /** Where a listener can be opened again and again: a port of the system's choice, a fixed name. */
  readonly listenAddress: Address;
  /** Of the right scheme, and nobody listens there. */
  readonly deadAddress: Address;
  /** How long a case waits for what must happen. Default: 2000. */
  readonly patienceMs?: number;
  /** Whose time that is. Default: real time. */
  readonly scheduler?: Scheduler;
}

/** A listener and one channel to it. */
export interface Connection {
  readonly fixture: TransportFixture;
  readonly transport: Transport;
  readonly listener: Listener;
  readonly channel: Channel;
  /** What arrives at the listener, on whichever channel. */
  readonly receiver: Receiver;
  readonly within: <T>(what: string, promise: PromiseLike<T>) => Promise<T>;
  /** Resolves so much later. */
  readonly pause: (ms: number) => Promise<void>;
}

export interface TransportCase {
  readonly name: string;
  readonly needs?: (supports: TransportSupport) => boolean;
  run(connection: Connection): Promise<void>;
}

export async function withConnection(fixture: TransportFixture, use: (connection: Connection) => Promise<void>) {
  const { transport, patienceMs = 2000, scheduler = createScheduler() } = fixture;
  const patient = <T>(what: string, promise: PromiseLike<T>) => within(what, promise, patienceMs, scheduler);
  const pause = (ms: number) => new Promise<void>((resolve) => scheduler.after(ms, resolve));
  await using listener = await patient('listening', transport.listen(fixture.listenAddress));
  await using receiver = new Receiver(listener, patient);
  const [address] = listener.addresses;
  if (address === undefined) throw new Error('a listener has no address');
  await using channel = withoutUnhandled(await patient('a connection', transport.dial(address)));
  const used = use({ fixture, transport, listener, channel, receiver, within: patient, pause });
  await within('the end of the case', used, 5 * patienceMs, scheduler);
}

/** A case that fails early leaves sends behind; that they fail too is not news. */
function withoutUnhandled(channel: Channel): Channel {
  return {
    remoteAddress: channel.remoteAddress,
    maxMessageBytes: channel.maxMessageBytes,
    replies: channel.replies,
    send(message, options) {
      const sending = channel.send(message, options);
      sending.catch(() => undefined);
      return sending;
    },
    [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

/** Takes everything that comes to a listener, as a station does. */
export class Receiver implements AsyncDisposable {
  readonly channels = new BoundedQueue<Channel>(1000);
  /** Resolves when the listener's iteration has ended. */
  readonly ended: Promise<void>;
  readonly #arrivals = new BoundedQueue<{ readonly arrival: Arrival; readonly channel: Channel }>(1000);
  readonly #open = new Set<Channel>();
  readonly #within: Connection['within'];

  constructor(listener: Listener, patient: Connection['within']) {
    this.#within = patient;
    this.ended = this.#takeChannels(listener);
  }

  async #takeChannels(listener: Listener): Promise<void> {
    for await (const accepted of listener) {
      const channel = withoutUnhandled(accepted);
      this.#open.add(channel);
      this.channels.push(channel);
      void this.#takeArrivals(channel);
    }
  }

  async #takeArrivals(channel: Channel): Promise<void> {
    for await (const arrival of channel) this.#arrivals.push({ arrival, channel });
  }

  async next(): Promise<Arrival> {
    return (await this.nextWithChannel()).arrival;
  }

  async nextWithChannel(): Promise<{ readonly arrival: Arrival; readonly channel: Channel }> {
    const result = await this.#within('an arrival', this.#arrivals[Symbol.asyncIterator]().next());
    if (result.done) throw new Error('the receiver was closed');
    return result.value;
  }

  /** Arrivals that nobody asked for. */
  get waiting(): number {
    return this.#arrivals.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channels.end();
    this.#arrivals.end();
    await Promise.allSettled([...this.#open].map((channel) => channel[Symbol.asyncDispose]()));
  }
}

/** The first thing that arrives on a channel from now on. */
export async function nextArrival({ within: patient }: Connection, channel: Channel): Promise<Arrival> {
  const result = await patient('an arrival on the channel', channel[Symbol.asyncIterator]().next());
  if (result.done) throw new Error('the channel ended');
  return result.value;
}

/** Bytes that are neither text nor all the same, and differ for each seed. */
export function messageOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 97 + (i >> 8)) & 0xff);
}
