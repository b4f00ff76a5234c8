import { Mutex } from '../../src/core/mutex.js';
import { channelClosed, checkMessageSize, createArrival } from '../../src/transport/arrival.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';
import { DifDecoder, encodeDif } from './dif-codec.js';
import type { ValuePipe } from './ports.js';

interface DifChannelOptions {
  readonly pipe: ValuePipe;
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
}

/**
 * A connection with the DIF profile. `send` resolves when the peer's radio has everything; whether the peer took the
 * message, the profile cannot say.
 */
export class DifChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'many';
  readonly #pipe: ValuePipe;
  readonly #decoder: DifDecoder;
  readonly #sending = new Mutex();
  #isClosed = false;

  constructor({ pipe, remoteAddress, maxMessageBytes }: DifChannelOptions) {
    this.remoteAddress = remoteAddress;
    this.maxMessageBytes = maxMessageBytes;
    this.#pipe = pipe;
    this.#decoder = new DifDecoder(maxMessageBytes);
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    checkMessageSize(message, this.maxMessageBytes);
    const values = encodeDif(message.slice(), this.#pipe.maxValueBytes);
    await this.#sending.run(async () => {
      // Half a message would spoil the next one: once begun it is sent to its end.
      signal?.throwIfAborted();
      for (const value of values) {
        if (this.#isClosed) throw closed();
        await this.#pipe.write(value);
      }
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    for await (const value of this.#pipe) {
      const message = this.#decoder.decode(value);
      if (message === 'too-large') {
        await this[Symbol.asyncDispose]();
        return;
      }
      if (message !== undefined) yield this.#arrival(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#pipe[Symbol.asyncDispose]();
  }

  #arrival(bytes: Uint8Array): Arrival {
    return createArrival({ bytes, mediaType: undefined, canReply: true }, ({ reply }) => {
      if (reply !== undefined) void this.send(reply).catch(() => undefined); // a message of its own, which nobody here waits for
    });
  }
}

function closed() {
  return channelClosed('the Bluetooth connection is closed');
}
