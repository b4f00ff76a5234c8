import type { Link, LinkAbortOptions, LinkPace } from '../../src/link/link.js';
import { channelClosed } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Address } from '../../src/transport/transport.js';
import type { FramedLine } from './framed-line.js';

/** Frames that wait to be taken; what comes on top is lost, as on the line itself, and sent again by the session. */
const QUEUED_FRAMES = 64;

/** One conversation over a serial line. It ends when the line does, or before. */
export class SerialLink implements Link {
  readonly remoteAddress: Address;
  readonly mtuBytes: number;
  readonly #line: FramedLine;
  readonly #onClose: () => Promise<void>;
  readonly #frames = new BoundedQueue<Uint8Array>(QUEUED_FRAMES);
  #closing: Promise<void> | undefined;

  constructor(remoteAddress: Address, line: FramedLine, onClose: () => Promise<void>) {
    this.remoteAddress = remoteAddress;
    this.mtuBytes = line.mtuBytes;
    this.#line = line;
    this.#onClose = onClose;
  }

  get pace(): LinkPace {
    return this.#line.pace;
  }

  /** False when it is disposed, or its line gone. */
  get isOpen(): boolean {
    return !this.#frames.ended;
  }

  /** For whoever reads the line. */
  take(frame: Uint8Array): void {
    this.#frames.push(frame);
  }

  /** The line is gone: what had arrived can still be taken. */
  end(): void {
    this.#frames.end();
  }

  async send(frame: Uint8Array, { signal }: LinkAbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.isOpen) throw channelClosed('the link over a serial line is closed');
    await this.#line.send(frame, signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this.#frames[Symbol.asyncIterator]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#frames.clear();
    this.#closing ??= this.#onClose();
    return this.#closing;
  }
}
