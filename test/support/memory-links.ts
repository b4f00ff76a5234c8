import { quote, WaypostError } from '../../src/core/errors.js';
import type { Link, LinkDriver, LinkListener, LinkPace } from '../../src/link/link.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';

/** What happens to a frame: `next` delivers. Not calling it loses the frame, calling it twice doubles it. */
export type Intercept = (frame: Uint8Array, next: (frame: Uint8Array) => void) => void;

interface MemoryLinksOptions {
  readonly mtuBytes?: number;
  readonly pace?: LinkPace;
  readonly intercept?: Intercept;
}

interface MemoryLinks extends LinkDriver {
  /** Cuts every link that is open, without a word to anybody. */
  cut(): void;
}

/** Links within the process, `wire:<any name>`, for tests of what is built on links. */
export function createMemoryLinks(options: MemoryLinksOptions = {}): MemoryLinks {
  const { mtuBytes = 512, pace, intercept = (frame, next) => next(frame) } = options;
  const listeners = new Map<string, BoundedQueue<Link>>();
  const open = new Set<() => void>();

  const pair = (address: Link['remoteAddress']): [Link, Link] => {
    const queues = [new BoundedQueue<Uint8Array>(10_000), new BoundedQueue<Uint8Array>(10_000)] as const;
    const cut = () => {
      for (const queue of queues) queue.end();
      open.delete(cut);
    };
    open.add(cut);
    const end = (remoteAddress: Link['remoteAddress'], incoming: number, outgoing: number): Link => ({
      mtuBytes,
      remoteAddress,
      pace,
      async send(frame, { signal } = {}) {
        signal?.throwIfAborted();
        const queue = queues[outgoing];
        if (frame.length > mtuBytes) throw new WaypostError('ERR_TOO_LARGE', `a frame of ${frame.length} bytes`);
        if (queue === undefined || queue.ended) {
          throw new WaypostError('ERR_CHANNEL_CLOSED', 'the link is gone', { retryable: true });
        }
        intercept(frame.slice(), (arrived) => queue.push(arrived));
      },
      [Symbol.asyncIterator]: () => (queues[incoming] as BoundedQueue<Uint8Array>)[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => cut(),
    });
    return [end(address, 0, 1), end('wire:peer', 1, 0)];
  };

  return {
    schemes: ['wire'],
    supports: { open: true, accept: true },
    cut() {
      for (const cut of open) cut();
    },
    async open(address) {
      checkAddress(address);
      const waiting = listeners.get(address);
      if (waiting === undefined) throw new WaypostError('ERR_NETWORK', `nobody at ${address}`, { retryable: true });
      const [ours, theirs] = pair(address);
      waiting.push(theirs);
      return ours;
    },
    async accept(address): Promise<LinkListener> {
      checkAddress(address);
      if (listeners.has(address)) throw new WaypostError('ERR_LISTEN', `${address} is taken`);
      const waiting = new BoundedQueue<Link>(100);
      listeners.set(address, waiting);
      return {
        addresses: [address],
        [Symbol.asyncIterator]: () => waiting[Symbol.asyncIterator](),
        async [Symbol.asyncDispose]() {
          if (listeners.get(address) === waiting) listeners.delete(address);
          waiting.end();
        },
      };
    },
  };
}

function checkAddress(address: string): void {
  if (address.startsWith('wire:')) return;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address)} is not an address of wire`);
}
