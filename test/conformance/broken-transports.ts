import type { AbortOptions, Arrival, Channel, Transport } from '../../src/transport/transport.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import type { TransportFixture } from './transport-connection.js';

/** What a broken transport does otherwise than the working one that it is built on. */
interface Faults {
  readonly send?: (message: Uint8Array, next: Channel['send'], options?: AbortOptions) => Promise<void>;
  readonly arrivals?: (arrivals: AsyncIterable<Arrival>) => AsyncIterable<Arrival>;
  readonly dispose?: (next: () => PromiseLike<void>) => Promise<void>;
}

/** Transports with one fault each, and a case of the suite that has to find it. */
export const brokenTransports: readonly { fault: string; foundBy: string; open: () => Promise<TransportFixture> }[] = [
  {
    fault: 'drops every second message and says that it was taken',
    foundBy: 'keeps messages apart and in order, and delivers each once',
    open: broken(() => {
      let count = 0;
      return {
        send: async (message, next, options) => {
          if (count++ % 2 === 0) await next(message, options);
        },
      };
    }),
  },
  {
    fault: 'truncates',
    foundBy: 'carries bytes of every value unchanged',
    open: broken(() => ({ send: (message, next, options) => next(message.subarray(0, -1), options) })),
  },
  {
    fault: 'takes a larger message than it says',
    foundBy: 'carries a message of the largest size, and refuses a larger one before sending it',
    open: broken(() => ({
      send: (message, next, options) => next(message.subarray(0, 1024 * 1024), options),
    })),
  },
  {
    fault: "hands out the sender's buffer instead of a copy",
    foundBy: 'lets the sender use its buffer again',
    open: broken(() => {
      const sent: Uint8Array[] = [];
      return {
        send: (message, next, options) => {
          sent.push(message);
          return next(message, options);
        },
        arrivals: (arrivals) => map(arrivals, (arrival) => [{ ...arrival, bytes: sent.shift() ?? arrival.bytes }]),
      };
    }),
  },
  {
    fault: 'receives every message into the same buffer',
    foundBy: 'leaves what has arrived alone when more arrives',
    open: broken(() => {
      const buffer = new Uint8Array(2 * 1024 * 1024);
      return {
        arrivals: (arrivals) =>
          map(arrivals, (arrival) => {
            buffer.set(arrival.bytes);
            return [{ ...arrival, bytes: buffer.subarray(0, arrival.bytes.length) }];
          }),
      };
    }),
  },
  {
    fault: 'acknowledges before anybody has accepted',
    foundBy: 'acknowledges nothing before it is accepted',
    open: broken(() => ({
      send: async (message, next, options) => {
        options?.signal?.throwIfAborted();
        next(message, options).catch(() => undefined);
      },
    })),
  },
  {
    fault: 'keeps refusals to itself',
    foundBy: 'tells the sender of a refusal, and whether trying again can help',
    open: broken(() => ({ send: (message, next, options) => next(message, options).catch(() => undefined) })),
  },
  {
    fault: 'never ends after it was closed',
    foundBy: "ends the peer's iteration when a channel is disposed",
    open: broken(() => ({ dispose: async () => undefined })),
  },
  {
    fault: 'delivers twice',
    foundBy: 'keeps messages apart and in order, and delivers each once',
    open: broken(() => ({
      arrivals: (arrivals) =>
        map(arrivals, (arrival) => [
          arrival,
          { ...arrival, accept: async () => undefined, refuse: async () => undefined },
        ]),
    })),
  },
  {
    fault: 'lets an arrival be settled again and again',
    foundBy: 'takes one verdict for an arrival',
    open: broken(() => ({
      arrivals: (arrivals) =>
        map(arrivals, (arrival) => [
          {
            ...arrival,
            accept: (reply) => arrival.accept(reply).catch(() => undefined),
            refuse: (reason, reply) => arrival.refuse(reason, reply).catch(() => undefined),
          },
        ]),
    })),
  },
];

function broken(faultsOf: () => Faults): () => Promise<TransportFixture> {
  return async () => ({
    transport: withFaults(createMemoryTransport(), faultsOf),
    listenAddress: 'memory:station',
    deadAddress: 'memory:nobody',
    patienceMs: 100,
    async [Symbol.asyncDispose]() {},
  });
}

function withFaults(inner: Transport, faultsOf: () => Faults): Transport {
  const faults = faultsOf();
  return {
    schemes: inner.schemes,
    supports: inner.supports,
    dial: async (address, options) => faultyChannel(await inner.dial(address, options), faults),
    listen: async (address, options) => {
      const listener = await inner.listen(address, options);
      return {
        addresses: listener.addresses,
        [Symbol.asyncIterator]: () =>
          map(listener, (channel) => [faultyChannel(channel, faults)])[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
      };
    },
  };
}

function faultyChannel(inner: Channel, { send, arrivals, dispose }: Faults): Channel {
  const next: Channel['send'] = (message, options) => inner.send(message, options);
  return {
    remoteAddress: inner.remoteAddress,
    maxMessageBytes: inner.maxMessageBytes,
    replies: inner.replies,
    send: (message, options) => (send === undefined ? next(message, options) : send(message, next, options)),
    [Symbol.asyncIterator]: () => (arrivals === undefined ? inner : arrivals(inner))[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () =>
      dispose === undefined ? inner[Symbol.asyncDispose]() : dispose(() => inner[Symbol.asyncDispose]()),
  };
}

async function* map<T>(
  source: AsyncIterable<T>,
  change: (item: T) => readonly T[],
): AsyncGenerator<T, void, undefined> {
  for await (const item of source) yield* change(item);
}
