import { randomUUID } from 'node:crypto';
import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import { channelClosed, checkMessageSize } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';
import type { MessageFolder } from './folder.js';

/** A channel into a folder. Nothing ever comes out of it. */
export class OutboundFolder implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #folder: MessageFolder;
  readonly #nothing = new BoundedQueue<Arrival>(1);
  /** One file after the other, or their order would not be that of sending. */
  #writing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(remoteAddress: Address, folder: MessageFolder, maxMessageBytes: number) {
    this.remoteAddress = remoteAddress;
    this.#folder = folder;
    this.maxMessageBytes = maxMessageBytes;
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw channelClosed('the channel to a folder is closed');
    checkMessageSize(message, this.maxMessageBytes);
    const written = this.#writing.then(() => this.#write(message.slice(), signal));
    this.#writing = written.catch(() => {});
    await written;
  }

  async #write(message: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    try {
      await this.#folder.write(randomUUID(), message);
      await this.#folder.sync();
    } catch (error) {
      if (!isWaypostError(error, 'ERR_MEDIUM')) throw error;
      const { retryable } = error;
      throw new WaypostError('ERR_NETWORK', error.message, { cause: error, retryable });
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival> {
    return this.#nothing[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#nothing.end();
    await this.#writing;
    await this.#folder[Symbol.asyncDispose]();
  }
}
