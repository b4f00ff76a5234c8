import { channelClosed, checkMessageSize, createArrival } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';
import type { Answer, HttpClient } from './client.js';
import type { HttpLimits } from './limits.js';

/** Posts to one URL. What peers answer in the body of a response arrives here; nothing can go back but another POST. */
export class HttpOutboundChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #replies: BoundedQueue<Arrival>;
  /** One place in `#replies` for each request under way, taken before it is sent, so that a reply always has room. */
  readonly #places: BoundedQueue<undefined>;
  readonly #closing = new AbortController();

  constructor(client: HttpClient, url: URL, limits: HttpLimits) {
    this.#client = client;
    this.#url = url;
    this.remoteAddress = url.href as Address;
    this.maxMessageBytes = limits.maxMessageBytes;
    this.#replies = new BoundedQueue(limits.maxWaitingReplies);
    this.#places = new BoundedQueue(limits.maxWaitingReplies);
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const closing = this.#closing.signal;
    if (closing.aborted) throw channelClosed('the channel is closed');
    checkMessageSize(message, this.maxMessageBytes);
    const stop = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    try {
      await this.#places.put(undefined, stop);
      this.#deliver(await this.#post(message, stop));
    } catch (error) {
      signal?.throwIfAborted();
      throw closing.aborted ? channelClosed('the channel was closed') : error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    for await (const arrival of this.#replies) {
      this.#freePlace();
      yield arrival;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#replies.clear();
    this.#closing.abort();
  }

  async #post(message: Uint8Array, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#client.post(this.#url, message, signal);
    } catch (error) {
      this.#freePlace();
      throw error;
    }
  }

  #deliver({ reply, refusal }: Answer): void {
    if (reply === undefined) this.#freePlace();
    else this.#replies.push(createArrival({ ...reply, canReply: false }, () => undefined));
    if (refusal !== undefined) throw refusal;
  }

  #freePlace(): void {
    void this.#places[Symbol.asyncIterator]().next();
  }
}
