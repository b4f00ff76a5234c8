import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import { reconnect, type Timers } from '../../src/transport/reconnect.js';
import type { AbortOptions } from '../../src/transport/transport.js';
import type { Random } from '../random.js';
import type { SensorEvent } from './events.js';
import type { SensorLine } from './line.js';
import type { Sensor } from './sensor.js';

export interface RunSensorOptions {
  readonly sensor: Sensor;
  readonly dial: (options: AbortOptions) => Promise<SensorLine>;
  /** Between two readings; a gateway can change it with a command. */
  readonly intervalMs: number;
  /** Ends after so many readings, when the gateway has them all; left out, only `signal` ends it. */
  readonly count?: number;
  /** It loses its power after each of so many readings. */
  readonly rebootAfter?: number;
  readonly random: Random;
  readonly timers: Timers;
  readonly say: (event: SensorEvent) => void;
  readonly signal: AbortSignal;
  /** After a connection that failed. Default: half a second at first, ten seconds at last. */
  readonly backoff?: { readonly initialMs: number; readonly maxMs: number };
}

const BACKOFF = { initialMs: 500, maxMs: 10_000 };
const STABLE_AFTER_MS = 10_000;
/** What was refused may be taken some day: somebody may register the device. */
const AFTER_REFUSAL_MS = 2000;

/**
 * Runs a simulated sensor: it measures whether or not there is a connection, and connects again whenever there is none.
 * Resolves when `count` readings are stored, or `signal` aborts. Throws what dialling throws when trying again cannot help.
 */
export async function runSensor(options: RunSensorOptions): Promise<void> {
  await new Run(options).done();
}

class Run {
  readonly #options: RunSensorOptions;
  readonly #stop = new AbortController();
  /** Aborted when there may be something to do. */
  #nap = new AbortController();
  #hasMeasuredAll = false;

  constructor(options: RunSensorOptions) {
    this.#options = options;
  }

  async done(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => this.#stop.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await Promise.all([this.#measure(), this.#talk().finally(stop)]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #measure(): Promise<void> {
    const { sensor, intervalMs, count = Number.POSITIVE_INFINITY, rebootAfter, timers } = this.#options;
    for (let taken = 1; taken <= count && !this.#stop.signal.aborted; taken++) {
      sensor.measure();
      if (taken % (rebootAfter ?? Number.POSITIVE_INFINITY) === 0) sensor.reboot();
      this.#nap.abort();
      if (taken === count) break;
      const waitMs = sensor.intervalS === undefined ? intervalMs : sensor.intervalS * 1000;
      await timers.sleep(waitMs, this.#stop.signal).catch(() => {});
    }
    this.#hasMeasuredAll = true;
    this.#nap.abort();
  }

  async #talk(): Promise<void> {
    const { dial, random, timers, say, backoff = BACKOFF } = this.#options;
    const lines = reconnect({
      dial,
      timers,
      backoff: { ...backoff, random },
      stableAfterMs: STABLE_AFTER_MS,
      signal: this.#stop.signal,
      onFailure: (error, retryInMs) => say({ event: 'disconnected', reason: reasonOf(error), retryInMs }),
    });
    for await (const line of lines) {
      try {
        await this.#serve(line);
      } finally {
        await line[Symbol.asyncDispose]();
      }
      if (this.#isDone) return;
      if (!this.#stop.signal.aborted) say({ event: 'disconnected', reason: 'the connection ended', retryInMs: 0 });
    }
  }

  get #isDone(): boolean {
    return this.#hasMeasuredAll && this.#options.sensor.isDone;
  }

  /** Until everything is stored, the line ends or we are to stop. */
  async #serve(line: SensorLine): Promise<void> {
    const { sensor, timers, say } = this.#options;
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
      this.#nap.abort();
    };
    this.#stop.signal.addEventListener('abort', end, { once: true });
    void this.#listen(line).finally(end);
    say({ event: 'connected', address: line.address });
    sensor.connected(timers.now());
    try {
      while (!ended.signal.aborted && !this.#isDone) {
        this.#nap = new AbortController();
        const turn = sensor.turn(timers.now());
        if (turn.message !== undefined) await this.#send(line, turn.name, turn.message, ended.signal);
        else await timers.sleep(turn.waitMs ?? NEVER_MS, this.#nap.signal).catch(() => {});
      }
    } catch (error) {
      // The line is gone; whoever gave it gives the next.
      if (!ended.signal.aborted && !(isWaypostError(error) && error.retryable)) throw error;
    } finally {
      this.#stop.signal.removeEventListener('abort', end);
    }
  }

  async #send(line: SensorLine, name: string, message: Uint8Array, signal: AbortSignal): Promise<void> {
    const { sensor, timers } = this.#options;
    try {
      await line.send(message, { signal });
    } catch (error) {
      if (!(error instanceof WaypostError) || error.code !== 'ERR_REFUSED') throw error;
      sensor.refused(name, error.message);
      await timers.sleep(AFTER_REFUSAL_MS, signal).catch(() => {});
    }
  }

  async #listen(line: SensorLine): Promise<void> {
    const { sensor, timers } = this.#options;
    for await (const bytes of line) {
      sensor.receive(bytes, timers.now());
      this.#nap.abort();
    }
  }
}

/** A day; something wakes it before. */
const NEVER_MS = 86_400_000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
