import type { ClockQuality, DeviceClock } from '../../src/core/clock.js';

/** A clock that stands still until a test moves it. */
export class ManualClock implements DeviceClock {
  bootId = 'boot-1';
  #wallMs = Date.UTC(2026, 0, 1);
  #monotonicMs = 1000;
  #quality: ClockQuality = 'ntp';

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  quality(): ClockQuality {
    return this.#quality;
  }

  /** Time passes. */
  advance(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** Somebody sets the clock, or believes it more or less than before. */
  setWall(wallMs: number, quality: ClockQuality): void {
    this.#wallMs = wallMs;
    this.#quality = quality;
  }

  /** The power goes, and comes back after `offMs` that the machine knows nothing about. */
  powerCycle(bootId: string, wallMs: number, quality: ClockQuality): void {
    this.bootId = bootId;
    this.#monotonicMs = 0;
    this.setWall(wallMs, quality);
  }
}
