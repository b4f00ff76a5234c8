import type { Timers } from '../../src/transport/reconnect.js';

interface PacerOptions {
  /** What the line carries. */
  readonly bytesPerSecond: number;
  /** How much may wait below us, as time on the line, when something is added. */
  readonly allowanceMs: number;
  readonly timers: Timers;
}

/**
 * Keeps the queue below a session short: the kernel takes 4 KiB at once, which at 9600 baud is four seconds that no
 * urgent message can overtake. A UART sends at exactly its rate, so what it still has to send is known from the clock.
 * (tcdrain(2) would say it too, but blocks one of the four threads that the whole process has for files and names for
 * as long as a device holds its line.)
 */
export class Pacer {
  readonly #options: PacerOptions;
  /** When the last byte will have left. */
  #idleAtMs: number;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#idleAtMs = options.timers.now();
  }

  /** Whether everything has left. */
  get isIdle(): boolean {
    return this.#queuedMs() <= 0;
  }

  /** Waits until there is room for more. Throws the signal's reason. */
  room(signal: AbortSignal): Promise<void> {
    return this.#sleep(this.#queuedMs() - this.#options.allowanceMs, signal);
  }

  /** Waits until everything has left. Throws the signal's reason. */
  idle(signal: AbortSignal): Promise<void> {
    return this.#sleep(this.#queuedMs(), signal);
  }

  /** Bytes were handed to the line just now. */
  took(bytes: number): void {
    const fromMs = Math.max(this.#idleAtMs, this.#options.timers.now());
    this.#idleAtMs = fromMs + (bytes * 1000) / this.#options.bytesPerSecond;
  }

  #queuedMs(): number {
    return this.#idleAtMs - this.#options.timers.now();
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (ms > 0) await this.#options.timers.sleep(ms, signal);
  }
}
