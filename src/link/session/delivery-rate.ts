/*
 * How fast the link delivers, measured as in "Delivery Rate Estimation" (draft-cheng-iccrg-delivery-rate-estimation):
 * each packet remembers how much was delivered when it was sent, and its acknowledgement tells what came through since.
 */

/** What a packet remembers. */
export interface RateStamp {
  readonly deliveredBytes: number;
  readonly deliveredAtMs: number;
}

export class DeliveryRate {
  #deliveredBytes = 0;
  #deliveredAtMs = 0;
  /** The best of the last two periods, in bytes per ms. */
  #best: readonly [number, number] = [0, 0];
  #periodEndsAtMs = 0;

  /** `isIdle`: nothing else is in flight, so that time begins now. */
  stamp(nowMs: number, isIdle: boolean): RateStamp {
    if (isIdle) this.#deliveredAtMs = nowMs;
    return { deliveredBytes: this.#deliveredBytes, deliveredAtMs: this.#deliveredAtMs };
  }

  /** Packets of `wireBytes` together were acknowledged at once; `newest` is the stamp of the one sent last. */
  acknowledged(wireBytes: number, newest: RateStamp, rttMs: number, nowMs: number): void {
    this.#deliveredBytes += wireBytes;
    this.#deliveredAtMs = nowMs;
    if (nowMs >= this.#periodEndsAtMs) {
      this.#best = [this.#best[1], 0];
      this.#periodEndsAtMs = nowMs + Math.max(MIN_PERIOD_MS, PERIOD_RTTS * rttMs);
    }
    const elapsedMs = nowMs - newest.deliveredAtMs;
    if (elapsedMs <= 0) return;
    const rate = (this.#deliveredBytes - newest.deliveredBytes) / elapsedMs;
    this.#best = [this.#best[0], Math.max(this.#best[1], rate)];
  }

  /** 0 as long as nothing was measured. */
  get bytesPerMs(): number {
    return Math.max(...this.#best);
  }
}

const MIN_PERIOD_MS = 2000;
const PERIOD_RTTS = 10;
