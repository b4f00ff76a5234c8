import type { Scheduler } from '../../src/core/scheduler.js';
import type { Timers } from '../../src/transport/reconnect.js';
import { byteFaults, chain, type Intercept, looseContact } from '../faults.js';
import type { LinkProfile } from '../profiles.js';
import type { Random } from '../random.js';

interface DirectionOptions {
  readonly profile: LinkProfile;
  readonly random: Random;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** What a test does to bytes, before the profile does its own. */
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
  readonly #pass: Intercept;
  readonly #closed = new AbortController();
  readonly #cancelLater = new Set<() => void>();
  #idleAtMs: number;

  constructor(options: DirectionOptions) {
    const { profile, random, timers, intercept } = options;
    this.#options = options;
    this.#pass = chain(
      ...(intercept === undefined ? [] : [intercept]),
      ...(profile.flapping === undefined ? [] : [looseContact(profile.flapping, timers.now)]),
      byteFaults(profile, random),
    );
    this.#idleAtMs = timers.now();
    if (profile.chatter !== undefined) this.#chat(profile.chatter);
  }

  /** Resolves when the last byte is on the wire. Calls must not overlap. After disposal nothing happens any more. */
  async write(bytes: Uint8Array): Promise<void> {
    const bytesPerMs = this.#options.profile.baudRate / BITS_PER_BYTE / 1000;
    const pieceBytes = Math.max(1, Math.floor(bytesPerMs * PIECE_MS));
    for (let from = 0; from < bytes.length && !this.#closed.signal.aborted; from += pieceBytes) {
      const piece = bytes.slice(from, from + pieceBytes);
      await this.#waitFor(piece.length / bytesPerMs);
      this.#later(() => this.#pass(piece, (passed) => this.#options.deliver(passed)));
    }
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    for (const cancel of this.#cancelLater) cancel();
    this.#cancelLater.clear();
  }

  async #waitFor(wireMs: number): Promise<void> {
    const { timers } = this.#options;
    this.#idleAtMs = Math.max(this.#idleAtMs, timers.now()) + wireMs;
    const waitMs = this.#idleAtMs - timers.now();
    await timers.sleep(Math.max(0, waitMs), this.#closed.signal).catch(() => {});
  }

  #later(run: () => void): void {
    this.#after(this.#options.profile.latencyMs, run);
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
