import { Mutex } from '../../src/core/mutex.js';
import { channelClosed, checkMessageSize } from '../../src/transport/arrival.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';

/** Shows one message after the other; nothing ever comes back. */
export class OutboundChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #show: (message: Uint8Array, signal: AbortSignal) => Promise<unknown>;
  readonly #turns = new Mutex();
  readonly #closing = new AbortController();

  constructor(
    remoteAddress: Address,
    maxMessageBytes: number,
    show: (message: Uint8Array, signal: AbortSignal) => Promise<unknown>,
  ) {
    this.remoteAddress = remoteAddress;
    this.maxMessageBytes = maxMessageBytes;
    this.#show = show;
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const closed = this.#closing.signal;
    if (closed.aborted) throw channelClosed('the channel is closed');
    checkMessageSize(message, this.maxMessageBytes);
    const copy = message.slice();
    const stop = signal === undefined ? closed : AbortSignal.any([closed, signal]);
    try {
      await this.#turns.run(async () => {
        stop.throwIfAborted();
        await this.#show(copy, stop);
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error === closed.reason ? channelClosed('the channel was closed') : error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    const closed = this.#closing.signal;
    if (closed.aborted) return;
    await new Promise<void>((resolve) => closed.addEventListener('abort', () => resolve(), { once: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
  }
}
