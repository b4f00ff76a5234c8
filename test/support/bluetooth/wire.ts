import { channelClosed } from '../../../src/transport/arrival.js';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import type { Channel } from '../../../src/transport/transport.js';
import type { Reachable } from '../agent.js';
import type { Posted } from '../post-office.js';

/** Packed messages to and from one peer, by whatever program. Iterating gives those that come, and ends with the connection. */
export interface Wire extends AsyncIterable<Uint8Array> {
  send(message: Uint8Array): Promise<void>;
}

/** A channel of waypost's own transports, for a phone that accepts all that comes. */
export function wireOf(channel: Channel): Wire {
  return {
    send: (message) => channel.send(message),
    async *[Symbol.asyncIterator]() {
      for await (const arrival of channel) {
        await arrival.accept().catch(() => undefined); // the peer may be gone, and then sends it again
        yield arrival.bytes;
      }
    },
  };
}

/**
 * A gateway at the other end of a wire, for whoever asks one thing at a time: what comes next is the answer. Throws
 * ERR_CHANNEL_CLOSED when the connection ends before it.
 */
export function reachableOver(did: string, wire: Wire): Reachable {
  const arrived = new BoundedQueue<Uint8Array>(16);
  void (async () => {
    for await (const message of wire) arrived.push(message);
  })()
    .catch(() => undefined)
    .finally(() => arrived.end());
  const next = arrived[Symbol.asyncIterator]();
  return {
    did,
    posts: {
      async post(body): Promise<Posted> {
        await wire.send(Buffer.from(body));
        const { value } = await next.next();
        if (value === undefined) throw channelClosed('the connection ended before the answer');
        return { outcome: 'accepted', error: undefined, reply: value };
      },
    },
    dial: () => Promise.reject(channelClosed('there is one connection, and it is in use')),
  };
}
