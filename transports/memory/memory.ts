import { quote, WaypostError } from '../../src/core/errors.js';
import { channelClosed, checkMessageSize, createArrival, type Verdict } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel, Listener, Transport } from '../../src/transport/transport.js';

export interface MemoryTransportOptions {
  /** Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Messages that wait on a channel, and channels that wait at a listener, before the other side has to. Default 16. */
  readonly queueLength?: number;
}

/**
 * A medium within one process, for tests and for parts of one station: `memory:<any name>`. Peers meet only on the
 * same instance. A message is acknowledged when the peer settles it, and the verdict of the peer is the error of `send`.
 */
export function createMemoryTransport(options: MemoryTransportOptions = {}): Transport {
  const { maxMessageBytes = 1024 * 1024, queueLength = 16 } = options;
  const listeners = new Map<Address, BoundedQueue<Channel>>();

  return {
    schemes: ['memory'],
    supports: { dial: true, listen: true, acknowledged: true, duplex: true },

    async dial(address: Address, { signal }: AbortOptions = {}) {
      checkAddress(address);
      signal?.throwIfAborted();
      const waiting = listeners.get(address);
      if (waiting === undefined) {
        throw new WaypostError('ERR_NETWORK', `nobody listens on ${quote(address)}`, { retryable: true });
      }
      const [ours, theirs] = createPair(address, { maxMessageBytes, queueLength });
      await waiting.put(theirs, signal);
      return ours;
    },

    async listen(address: Address, { signal }: AbortOptions = {}): Promise<Listener> {
      checkAddress(address);
      signal?.throwIfAborted();
      if (listeners.has(address)) throw new WaypostError('ERR_LISTEN', `${quote(address)} is in use`);
      const waiting = new BoundedQueue<Channel>(queueLength);
      listeners.set(address, waiting);
      return {
        addresses: [address],
        [Symbol.asyncIterator]: () => waiting[Symbol.asyncIterator](),
        async [Symbol.asyncDispose]() {
          if (listeners.get(address) === waiting) listeners.delete(address);
          await Promise.all(waiting.clear().map((channel) => channel[Symbol.asyncDispose]()));
        },
      };
    },
  };
}

function checkAddress(address: Address): void {
  if (address.startsWith('memory:')) return;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address)} is not an address of memory`);
}

function createPair(address: Address, limits: Required<MemoryTransportOptions>): [Channel, Channel] {
  const closing = new AbortController();
  const queues = [
    new BoundedQueue<Arrival>(limits.queueLength),
    new BoundedQueue<Arrival>(limits.queueLength),
  ] as const;
  closing.signal.addEventListener('abort', () => {
    for (const queue of queues) queue.end();
  });
  return [
    new MemoryChannel(address, queues[0], queues[1], limits.maxMessageBytes, closing),
    new MemoryChannel('memory:peer', queues[1], queues[0], limits.maxMessageBytes, closing),
  ];
}

class MemoryChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'many';
  readonly #incoming: BoundedQueue<Arrival>;
  readonly #outgoing: BoundedQueue<Arrival>;
  /** Of both ends: one closing closes the other. */
  readonly #closing: AbortController;

  constructor(
    remoteAddress: Address,
    incoming: BoundedQueue<Arrival>,
    outgoing: BoundedQueue<Arrival>,
    maxMessageBytes: number,
    closing: AbortController,
  ) {
    this.remoteAddress = remoteAddress;
    this.maxMessageBytes = maxMessageBytes;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#closing = closing;
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closing.signal.aborted) throw channelClosed('the channel is closed');
    checkMessageSize(message, this.maxMessageBytes);
    const closed = this.#closing.signal;
    const stop = signal === undefined ? closed : AbortSignal.any([closed, signal]);
    try {
      await deliver(this.#outgoing, message.slice(), stop, (reply) => this.#answer(reply));
    } catch (error) {
      signal?.throwIfAborted();
      throw error === closed.reason ? channelClosed('the peer closed the channel') : error;
    }
  }

  /** A reply travels like a message of its own; the peer that settles does not wait until it is settled in turn. */
  #answer(reply: Uint8Array): void {
    deliver(this.#incoming, reply.slice(), this.#closing.signal, () => undefined).catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival> {
    return this.#incoming[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#incoming.clear();
    this.#closing.abort();
  }
}

/** Puts a message into the peer's queue and waits for the verdict. */
async function deliver(
  queue: BoundedQueue<Arrival>,
  bytes: Uint8Array,
  stop: AbortSignal,
  onReply: (reply: Uint8Array) => void,
): Promise<void> {
  let settle: (verdict: Verdict) => void = () => undefined;
  let giveUp: () => void = () => undefined;
  const verdict = new Promise<Verdict>((resolve, reject) => {
    settle = resolve;
    giveUp = () => reject(stop.reason);
  });
  verdict.catch(() => undefined); // while the queue is full, nobody awaits it yet
  stop.addEventListener('abort', giveUp, { once: true });
  const arrival = createArrival({ bytes, mediaType: undefined, canReply: true }, (given) => {
    if (stop.aborted) throw channelClosed('the peer is gone');
    if (given.reply !== undefined) onReply(given.reply);
    settle(given);
  });
  try {
    await queue.put(arrival, stop);
    const { reason } = await verdict;
    if (reason === undefined) return;
    const { retryable, retryAfterMs } = reason;
    throw new WaypostError('ERR_REFUSED', `the peer refused: ${reason.code}`, {
      cause: reason,
      retryable,
      retryAfterMs,
    });
  } finally {
    stop.removeEventListener('abort', giveUp);
  }
}
