import { withResolvers } from '../../src/core/with-resolvers.js';
import { channelClosed } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { ValuePipe } from './ports.js';

/** Values of one peer that wait to be taken. */
const QUEUED_VALUES = 256;
/** The longest an attribute can be (Core Specification 5.4, Vol 3 Part F, 3.2.9). */
export const MAX_VALUE_BYTES = 512;
/** Opcode and handle before a value (Vol 3 Part F, 3.4.5.3, 3.4.7.1). */
const ATT_HEADER_BYTES = 3;

interface PipeOptions {
  readonly peerAddress: string;
  readonly maxValueBytes: number;
  readonly information?: Uint8Array;
  readonly write: (value: Buffer) => Promise<void> | void;
  readonly disconnect: () => void;
}

/** What both roles make of a connection: the arriving values in a queue, and the way out. */
export class QueuedPipe implements ValuePipe {
  readonly peerAddress: string;
  readonly maxValueBytes: number;
  readonly information: Uint8Array | undefined;
  /** Resolves when nothing can be sent any more. */
  readonly closed: Promise<void>;
  readonly #options: PipeOptions;
  readonly #values = new BoundedQueue<Uint8Array>(QUEUED_VALUES);
  readonly #closed = withResolvers<void>();

  constructor(options: PipeOptions) {
    this.peerAddress = options.peerAddress;
    this.maxValueBytes = options.maxValueBytes;
    this.information = options.information;
    this.closed = this.#closed.promise;
    this.#options = options;
  }

  /** False when there is no room: the value is lost. */
  push(value: Uint8Array): boolean {
    return this.#values.push(Uint8Array.from(value));
  }

  /** Waits for room. Throws ERR_CHANNEL_CLOSED. */
  put(value: Uint8Array): Promise<void> {
    return this.#values.put(Uint8Array.from(value));
  }

  /** The connection is gone; what had arrived can still be taken. */
  end(): void {
    this.#values.end();
    this.#closed.resolve();
  }

  async write(value: Uint8Array): Promise<void> {
    if (this.#values.ended) throw closedError();
    try {
      await this.#options.write(Buffer.from(value));
    } catch (cause) {
      const error = closedError();
      error.cause = cause;
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this.#values[Symbol.asyncIterator]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#values.ended) this.#options.disconnect();
    this.#values.clear();
    this.#closed.resolve();
    return Promise.resolve();
  }
}

/** What one value of a connection with this MTU can hold. */
export function maxValueBytesOf(mtu: number): number {
  return Math.min(MAX_VALUE_BYTES, mtu - ATT_HEADER_BYTES);
}

function closedError() {
  return channelClosed('the Bluetooth connection is closed');
}
