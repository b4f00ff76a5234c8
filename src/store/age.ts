import { type DeviceClock, isTrustedQuality } from '../core/clock.js';

/** What is written down about the time, so that ageing goes on after a restart. */
export interface AgeMark {
  readonly ageMs: number;
  readonly bootId: string;
  readonly monotonicMs: number;
  /** The last moment at which age and a trusted wall clock were known together. */
  readonly anchor: { readonly ageMs: number; readonly wallMs: number } | undefined;
}

/** The time of one change, as an engine needs it. */
export interface Moment {
  readonly mark: AgeMark;
  /** Wall-clock time, only while it is trusted. */
  readonly trustedNowMs: number | undefined;
}

/**
 * Counts the age of the store: time that has provably passed since it was created. It never runs backwards and is never
 * too large.
 *
 * Within a boot it follows the monotonic clock, also across restarts of the process. Time without power counts as soon
 * as it can be proven: when the wall clock is trusted now and was at some moment before, the difference is added. Until
 * then the time without power counts as none, and mail lives longer rather than shorter.
 */
export class AgeKeeper {
  readonly #clock: DeviceClock;
  readonly #openedAtMs: number;
  #baseMs: number;
  #anchor: AgeMark['anchor'];
  #powerWasOff: boolean;
  #latestMs = 0;

  constructor(clock: DeviceClock, mark: AgeMark | undefined) {
    this.#clock = clock;
    this.#openedAtMs = clock.monotonicMs();
    const sameBoot = mark?.bootId === clock.bootId;
    this.#baseMs = mark?.ageMs ?? 0;
    if (mark && sameBoot) this.#baseMs += Math.max(0, this.#openedAtMs - mark.monotonicMs);
    this.#anchor = mark?.anchor;
    this.#powerWasOff = mark !== undefined && !sameBoot;
  }

  ageMs(): number {
    const upMs = this.#clock.monotonicMs() - this.#openedAtMs;
    if (this.#powerWasOff && this.#anchor && isTrustedQuality(this.#clock.quality())) {
      const provenMs = this.#anchor.ageMs + this.#clock.nowMs() - this.#anchor.wallMs;
      this.#baseMs = Math.max(this.#baseMs, provenMs - upMs);
      this.#powerWasOff = false;
    }
    this.#latestMs = Math.max(this.#latestMs, Math.floor(this.#baseMs + upMs));
    return this.#latestMs;
  }

  moment(): Moment {
    const ageMs = this.ageMs();
    const trustedNowMs = isTrustedQuality(this.#clock.quality()) ? this.#clock.nowMs() : undefined;
    if (trustedNowMs !== undefined) {
      this.#anchor = { ageMs, wallMs: trustedNowMs };
      this.#powerWasOff = false;
    }
    const mark = {
      ageMs,
      bootId: this.#clock.bootId,
      monotonicMs: this.#clock.monotonicMs(),
      anchor: this.#anchor,
    };
    return { mark, trustedNowMs };
  }
}
