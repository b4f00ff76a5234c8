/** Round trips in milliseconds, smoothed as in RFC 6298 and RFC 9002, section 5. */
export class RttEstimator {
  readonly #initialMs: number;
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #latestMs: number;
  /** The smallest of the last two periods: a route or a radio may change for the worse, and then the old smallest must go. */
  #minima: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  #periodEndsAtMs = 0;

  /** `initialMs` is what is assumed until the first sample. */
  constructor(initialMs: number) {
    this.#initialMs = initialMs;
    this.#latestMs = initialMs;
  }

  sample(rttMs: number, nowMs: number): void {
    const rtt = Math.max(rttMs, MIN_RTT_MS);
    this.#latestMs = rtt;
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = rtt;
      this.#variationMs = rtt / 2;
    } else {
      this.#variationMs += (Math.abs(this.#smoothedMs - rtt) - this.#variationMs) / 4;
      this.#smoothedMs += (rtt - this.#smoothedMs) / 8;
    }
    if (nowMs >= this.#periodEndsAtMs) {
      this.#minima = [this.#minima[1], Number.POSITIVE_INFINITY];
      this.#periodEndsAtMs = nowMs + Math.max(MIN_PERIOD_MS, PERIOD_RTTS * rtt);
    }
    this.#minima = [this.#minima[0], Math.min(this.#minima[1], rtt)];
  }

  get smoothedMs(): number {
    return this.#smoothedMs ?? this.#initialMs;
  }

  get minMs(): number {
    const min = Math.min(...this.#minima);
    return Number.isFinite(min) ? min : this.#initialMs;
  }

  /** How long an answer may be out before it is asked for again (RFC 9002, 6.2.1: PTO), without the peer's delay. */
  get timeoutMs(): number {
    if (this.#smoothedMs === undefined) return 2 * this.#initialMs;
    return this.#smoothedMs + Math.max(4 * this.#variationMs, MIN_RTT_MS);
  }

  /** How much later than a packet sent after it one may be acknowledged without being lost (RFC 9002, 6.1.2). */
  get lossDelayMs(): number {
    return (9 / 8) * Math.max(this.smoothedMs, this.#latestMs);
  }
}

const MIN_RTT_MS = 1;
const MIN_PERIOD_MS = 10_000;
const PERIOD_RTTS = 10;
