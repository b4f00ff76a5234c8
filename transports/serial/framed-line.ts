import { concatBytes } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';
import { Mutex } from '../../src/core/mutex.js';
import { DELIMITER } from '../../src/link/frame-splitter.js';
import type { LinkPace } from '../../src/link/link.js';
import { channelClosed } from '../../src/transport/arrival.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { SerialAddress } from './address.js';
import { LineCodec } from './line-codec.js';
import { Pacer } from './pacer.js';
import type { SerialPort } from './port.js';

/** A byte on an 8N1 line has a start and a stop bit. */
const BITS_PER_BYTE = 10;
/** Adapters on USB hand on what they received after 16 ms, unless they were told otherwise. */
const ADAPTER_LATENCY_MS = 16;
/** At least this much may wait below the session: a process that is busy comes back this late. */
const ALLOWANCE_MS = 20;
/** How long closing waits for what was written to leave. */
const FLUSH_MS = 2000;
const MIN_MTU_BYTES = 64;
const MAX_MTU_BYTES = 1024;

interface FramedLineOptions {
  readonly port: SerialPort;
  readonly settings: Pick<SerialAddress, 'baudRate' | 'fec'>;
  readonly timers: Timers;
}

/** Half a second of the line: longer frames would keep urgent ones waiting. */
function mtuOf(baudRate: number): number {
  return Math.min(MAX_MTU_BYTES, Math.max(MIN_MTU_BYTES, Math.floor(baudRate / BITS_PER_BYTE / 2)));
}

/** Frames on a serial port. Disposing closes the port, after what was sent has left. */
export class FramedLine implements AsyncDisposable {
  readonly mtuBytes: number;
  readonly #bytesPerSecond: number;
  readonly #codec: LineCodec;
  readonly #options: FramedLineOptions;
  readonly #pacer: Pacer;
  readonly #sending = new Mutex();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: FramedLineOptions) {
    const { settings, timers } = options;
    this.mtuBytes = mtuOf(settings.baudRate);
    this.#bytesPerSecond = settings.baudRate / BITS_PER_BYTE;
    this.#codec = new LineCodec(settings.fec, this.mtuBytes);
    this.#options = options;
    const frameMs = (this.mtuBytes * 1000) / this.#bytesPerSecond;
    const allowanceMs = Math.max(ALLOWANCE_MS, frameMs);
    this.#pacer = new Pacer({ bytesPerSecond: this.#bytesPerSecond, allowanceMs, timers });
  }

  get pace(): LinkPace {
    return {
      bytesPerSecond: this.#bytesPerSecond,
      latencyMs: ADAPTER_LATENCY_MS,
      frameOverheadBytes: this.#codec.overheadBytes(this.mtuBytes),
    };
  }

  /** Whole, undamaged frames as they come; what is none is skipped. Ends when the port is gone. One consumer. */
  async *frames(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#options.port) yield* this.#codec.decode(chunk);
  }

  /** As `Link.send`. Frames leave in the order in which they were given. */
  async send(frame: Uint8Array, signal: AbortSignal = this.#closed.signal): Promise<void> {
    signal.throwIfAborted();
    if (frame.length > this.mtuBytes) {
      const message = `a frame of ${frame.length} bytes, the limit of this line is ${this.mtuBytes}`;
      throw new WaypostError('ERR_TOO_LARGE', message);
    }
    await this.#sending.run(async () => {
      await this.#pacer.room(signal);
      this.#checkOpen();
      const encoded = this.#codec.encode(frame);
      // After silence the other end may be in the middle of what noise began.
      const bytes = this.#pacer.isIdle ? concatBytes(Uint8Array.of(DELIMITER), encoded) : encoded;
      await this.#options.port.write(bytes);
      this.#pacer.took(bytes.length);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const late = new AbortController();
    const { port, timers } = this.#options;
    const left = this.#sending.run(async () => {
      await this.#pacer.idle(late.signal);
      await timers.sleep(ADAPTER_LATENCY_MS, late.signal);
    });
    this.#closed.abort(closedError());
    // A device that holds the line may never take it.
    await Promise.race([left, timers.sleep(FLUSH_MS, late.signal)]).finally(() => late.abort(closedError()));
    await port[Symbol.asyncDispose]();
  }

  #checkOpen(): void {
    if (this.#closed.signal.aborted) throw closedError();
  }
}

function closedError(): WaypostError {
  return channelClosed('the serial line is closed');
}
