import { WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { channelClosed, checkMessageSize, createArrival } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';
import type { IncomingMessage } from './incoming.js';

interface MqttChannelOptions {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  /** See `Channel.deviceId`. */
  readonly deviceId: string | undefined;
  /** Publishes a message to the peer; undefined where nobody knows how to reach it. */
  readonly send: ((message: Uint8Array, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /** Called once, when it is disposed or its peer is gone. */
  readonly onClose: () => Promise<void>;
}

/** A peer behind a broker. */
export class MqttChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies: 'none' | 'many';
  readonly deviceId?: string;
  readonly #options: MqttChannelOptions;
  /** The window of the connection bounds it. */
  readonly #arrivals = new BoundedQueue<Arrival>(Number.POSITIVE_INFINITY);
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: MqttChannelOptions) {
    this.remoteAddress = options.remoteAddress;
    this.maxMessageBytes = options.maxMessageBytes;
    this.replies = options.send === undefined ? 'none' : 'many';
    if (options.deviceId !== undefined) this.deviceId = options.deviceId;
    this.#options = options;
  }

  get isOpen(): boolean {
    return !this.#closed.signal.aborted;
  }

  deliver(message: IncomingMessage): void {
    const content = { bytes: message.bytes, mediaType: message.mediaType, canReply: this.replies === 'many' };
    const arrival = createArrival(content, async ({ reason, reply }) => {
      const isTold = await message.settle(reason, reply !== undefined);
      // After the acknowledgement, which must not wait for one that comes behind more messages.
      if (reply !== undefined && this.replies === 'many') await this.send(reply).catch(() => undefined);
      if (!isTold) throw channelClosed('the connection to the broker is gone; it will bring the message again');
    });
    this.#arrivals.push(arrival);
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    const { send } = this.#options;
    if (send === undefined) throw new WaypostError('ERR_INVALID_ARGUMENT', 'this peer gave no return path');
    checkMessageSize(message, this.maxMessageBytes);
    await unlessAborted(send(message, signal), this.#closed.signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival, undefined> {
    return this.#arrivals[Symbol.asyncIterator]();
  }

  /** The peer, or the connection, is gone: what has come by now still comes out. */
  end(): void {
    this.#arrivals.end();
    this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = channelClosed('the channel was closed before the message was taken');
    for (const arrival of this.#arrivals.clear()) arrival.refuse(reason).catch(() => undefined); // it is offered again
    await this.#close();
  }

  #close(): Promise<void> {
    this.#closed.abort(channelClosed('the channel is closed'));
    this.#closing ??= this.#options.onClose();
    return this.#closing;
  }
}
