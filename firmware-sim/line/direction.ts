import type { Scheduler } from '../../src/core/scheduler.js';
import type { Timers } from '../../src/transport/reconnect.js';
import { chain, type Intercept, inserting, looseContact } from '../faults.js';
import { LineModel } from '../line-model.js';
import type { LinkProfile } from '../profiles.js';
import type { Random } from '../random.js';

interface DirectionOptions {
  readonly profile: LinkProfile;
  readonly random: Random;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** What a test does to bytes, after the profile did its own. */
  readonly intercept?: Intercept;
  /** What comes out at the far end. */
  readonly deliver: (bytes: Uint8Array) => void;
}

const BITS_PER_BYTE = 10;
/** Bytes travel in pieces of this long, so that they arrive spread over time as on a wire. */
const PIECE_MS = 8;

/** One direction of a simulated line: as fast as its baud rate, as late as its latency, as good as its profile. */
export class Direction {
  readonly #options: DirectionOptions;
  readonly #line: LineModel;
  readonly #pass: Intercept;
  readonly #onItsWay: Uint8Array[] = [];
  readonly #closed = new AbortController();
  readonly #cancelLater = new Set<() => void>();

  constructor(options: DirectionOptions) {
    const { profile, random, timers, intercept } = options;
    this.#options = options;
    this.#line = new LineModel({
      bytesPerSecond: profile.baudRate / BITS_PER_BYTE,
      latencyMs: profile.latencyMs,
      byteErrorRate: profile.flipped,
      byteDropRate: profile.dropped,
      random,
    });
    this.#pass = chain(
      ...(profile.inserted === 0 ? [] : [inserting(profile.inserted, random)]),
      ...(profile.flapping === undefined ? [] : [looseContact(profile.flapping, timers.now)]),
      ...(intercept === undefined ? [] : [intercept]),
    );
    if (profile.chatter !== undefined) this.#chat(profile.chatter);
  }

  /** Resolves when the last byte is on the wire. Calls must not overlap. After disposal nothing happens any more. */
  async write(bytes: Uint8Array): Promise<void> {
    const { profile, timers } = this.#options;
    const pieceBytes = Math.max(1, Math.floor((profile.baudRate / BITS_PER_BYTE / 1000) * PIECE_MS));
    for (let from = 0; from < bytes.length && !this.#closed.signal.aborted; from += pieceBytes) {
      const nowMs = timers.now();
      const sent = this.#line.transmit(bytes.subarray(from, from + pieceBytes), nowMs);
      this.#onItsWay.push(sent.bytes);
      this.#after(sent.arrivesAtMs - nowMs, () => this.#arrive());
      await timers.sleep(sent.freeAtMs - nowMs, this.#closed.signal).catch(() => {});
    }
  }

  /** What was sent first, whichever timer runs first: timers count whole milliseconds only. */
  #arrive(): void {
    const bytes = this.#onItsWay.shift();
    if (bytes !== undefined) this.#pass(bytes, (passed) => this.#options.deliver(passed));
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    for (const cancel of this.#cancelLater) cancel();
    this.#cancelLater.clear();
  }

  #chat({ text, everyMs }: NonNullable<LinkProfile['chatter']>): void {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const say = (): void => {
      this.#options.deliver(bytes);
      this.#after(everyMs, say);
    };
    this.#after(0, say);
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#options.scheduler.after(ms, () => {
      this.#cancelLater.delete(cancel);
      if (!this.#closed.signal.aborted) run();
    });
    this.#cancelLater.add(cancel);
  }
}
