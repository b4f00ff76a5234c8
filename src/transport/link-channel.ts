import type { ReceivedMessage } from '../link/link-context.js';
import type { LinkSession } from '../link/link-session.js';
import { channelClosed, checkMessageSize, createArrival } from './arrival.js';
import { BoundedQueue } from './bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel } from './transport.js';

interface LinkChannelOptions {
  readonly maxMessageBytes: number;
  /** The session has ended, and nobody needs what it ran on. */
  readonly onClose: () => PromiseLike<void>;
}

/** An arrival that nobody has taken yet. */
interface Waiting {
  readonly arrival: Arrival;
  readonly message: ReceivedMessage;
}

/** A session as a channel. */
export class LinkChannel implements Channel {
  readonly remoteAddress: Address;
  readonly replies = 'many';
  readonly #options: LinkChannelOptions;
  /** The credit that the peer has bounds it, and it counts what is not settled. */
  readonly #arrivals = new BoundedQueue<Waiting>(Number.POSITIVE_INFINITY);
  #maxMessageBytes: number;
  #session: LinkSession | undefined;
  #closing: Promise<void> | undefined;

  constructor(remoteAddress: Address, options: LinkChannelOptions) {
    this.remoteAddress = remoteAddress;
    this.#options = options;
    this.#maxMessageBytes = options.maxMessageBytes;
  }

  /** What both ends take. */
  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }

  /** The session of this channel, once. */
  attach(session: LinkSession): void {
    this.#session = session;
    void session.established.then(
      ({ limits }) => {
        this.#maxMessageBytes = Math.min(this.#maxMessageBytes, limits.maxMessageBytes, limits.creditBytes);
      },
      () => undefined,
    );
    void session.ended.then(() => this.#arrivals.end());
  }

  deliver(message: ReceivedMessage): void {
    const arrival = createArrival(
      { bytes: message.bytes, mediaType: undefined, canReply: true },
      ({ reason, reply }) => {
        if (reply !== undefined) void this.send(reply).catch(() => undefined); // a message of its own, which nobody here waits for
        if (!message.settle(reason)) throw channelClosed('the peer is gone, and will send the message again');
      },
    );
    if (!this.#arrivals.push({ arrival, message })) message.drop();
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#session === undefined || this.#closing !== undefined) throw channelClosed('the channel is closed');
    checkMessageSize(message, this.maxMessageBytes);
    await this.#session.send(message, signal);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    for await (const { arrival } of this.#arrivals) yield arrival;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { message } of this.#arrivals.clear()) message.drop();
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await this.#session?.close();
    await this.#options.onClose();
  }
}
