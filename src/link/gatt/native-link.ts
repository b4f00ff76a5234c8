import { WaypostError } from '../../core/errors.js';
import type { Link, LinkAbortOptions, LinkPace } from '../link.js';
import type { AttributeValues } from './attribute-values.js';
import { frameBytesFor, frameOverheadFor, ValueDecoder, ValueEncoder, valueBytesFor } from './value-codec.js';

/** A connection interval of a phone: what is sent waits for the next event. */
const LATENCY_MS = 30;
/** What phones do with full packets; and without data length extension, in values of 20 bytes. */
const FULL_BYTES_PER_SECOND = 60_000;
const SHORT_BYTES_PER_SECOND = 15_000;
const SHORT_VALUE_BYTES = 64;

/**
 * A connection that carries frames of the link protocol (docs/transports/ble.md, "Native"). What it is given leaves at
 * once, and few say when: what is on its way is bounded by the window of the session.
 */
export class NativeLink implements Link {
  readonly remoteAddress: `ble:${string}`;
  readonly mtuBytes: number;
  readonly pace: LinkPace;
  readonly #pipe: AttributeValues;
  readonly #encoder: ValueEncoder;
  readonly #decoder: ValueDecoder;

  /** `longestValueBytes`: that may come, where `pipe` does not know yet how long values can be. */
  constructor(pipe: AttributeValues, longestValueBytes = pipe.maxValueBytes) {
    const valueBytes = valueBytesFor(longestValueBytes);
    this.remoteAddress = `ble:${pipe.peerAddress}`;
    this.mtuBytes = frameBytesFor(valueBytes);
    this.pace = {
      bytesPerSecond: valueBytes < SHORT_VALUE_BYTES ? SHORT_BYTES_PER_SECOND : FULL_BYTES_PER_SECOND,
      latencyMs: LATENCY_MS,
      frameOverheadBytes: frameOverheadFor(valueBytes),
    };
    this.#pipe = pipe;
    this.#encoder = new ValueEncoder(valueBytesFor(pipe.maxValueBytes));
    this.#decoder = new ValueDecoder(this.mtuBytes);
  }

  async send(frame: Uint8Array, { signal }: LinkAbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (frame.length > this.mtuBytes) {
      const message = `a frame of ${frame.length} bytes, the limit of this connection is ${this.mtuBytes}`;
      throw new WaypostError('ERR_TOO_LARGE', message);
    }
    this.#encoder.valueBytes = valueBytesFor(this.#pipe.maxValueBytes);
    for (const value of this.#encoder.encode(frame)) await this.#pipe.write(value);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const value of this.#pipe) {
      const frame = this.#decoder.decode(value);
      if (frame !== undefined) yield frame;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipe[Symbol.asyncDispose]();
  }
}
