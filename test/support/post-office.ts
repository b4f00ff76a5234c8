import type { WaypostError } from '../../src/core/errors.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { createArrival, type Verdict } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Address, Arrival, Channel, Listener } from '../../src/transport/transport.js';

/** What somebody gets who posts a message: accepted or refused, and a reply or not. */
export interface Posted {
  /** `accepted`, or the code of the refusal. */
  readonly outcome: string;
  readonly error: WaypostError | undefined;
  readonly reply: Uint8Array | undefined;
}

/** A listener like HTTP's: each message is a channel of its own, with room for one reply. */
export class PostOffice implements Listener {
  readonly addresses: readonly Address[] = ['post:office'];
  readonly #channels = new BoundedQueue<Channel>(1000);

  async post(bytes: Uint8Array | string, from: Address = 'http://192.0.2.1:5000'): Promise<Posted> {
    const { promise, resolve } = withResolvers<Verdict>();
    const content = {
      bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
      mediaType: undefined,
    };
    const arrival = createArrival({ ...content, canReply: true }, resolve);
    await this.#channels.put(postChannel(from, arrival));
    const { reason, reply } = await promise;
    return { outcome: reason?.code ?? 'accepted', error: reason, reply };
  }

  [Symbol.asyncIterator](): AsyncIterator<Channel> {
    return this.#channels[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.end();
  }
}

function postChannel(remoteAddress: Address, arrival: Arrival): Channel {
  return {
    remoteAddress,
    maxMessageBytes: 1024 * 1024,
    replies: 'one',
    send: async () => {
      throw new Error('nothing can be sent on the channel of a POST');
    },
    async *[Symbol.asyncIterator]() {
      yield arrival;
    },
    async [Symbol.asyncDispose]() {},
  };
}
