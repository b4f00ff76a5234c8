import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';

/** A channel to a peripheral that was sought: says who that claims to be, and tells when it is over. */
export class SoughtChannel implements Channel {
  readonly remoteAddress: Address;
  readonly replies: Channel['replies'];
  readonly claimedDid?: string;
  readonly #channel: Channel;
  readonly #onEnd: () => void;

  constructor(channel: Channel, claimedDid: string | undefined, onEnd: () => void) {
    this.remoteAddress = channel.remoteAddress;
    this.replies = channel.replies;
    if (claimedDid !== undefined) this.claimedDid = claimedDid;
    this.#channel = channel;
    this.#onEnd = onEnd;
  }

  get maxMessageBytes(): number {
    return this.#channel.maxMessageBytes;
  }

  send(message: Uint8Array, options?: AbortOptions): Promise<void> {
    return this.#channel.send(message, options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    try {
      yield* this.#channel;
    } finally {
      this.#onEnd();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onEnd();
    await this.#channel[Symbol.asyncDispose]();
  }
}
