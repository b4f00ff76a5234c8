/*
 * How long a frame should be. Of a frame with a payload of s bytes and h bytes around it, on a medium that damages a byte
 * with probability e, s / (s + h) e^(-e (s + h)) of the line's rate arrives. That is most where s (s + h) = h / e: for
 * rare errors at about sqrt(h / e).
 */

/** Frames whose fate counts; older ones fade out. */
const MEMORY_FRAMES = 256;
/** A first guess: one frame lost in so many bytes, with the weight of a few frames. */
const PRIOR_LOST = 0.25;
const PRIOR_BYTES = 8192;
const PRIOR_FRAMES = 16;
/** Beyond these the formula has no sense left. */
const MIN_LOSS_RATE = 1e-6;
const MAX_LOSS_RATE = 0.95;
/** Below this, headers eat the line even if every second frame is lost. */
const MIN_PAYLOAD_BYTES = 32;

/** Learns the error rate from what is lost, and says what to send. */
export class FrameSizer {
  #frames = PRIOR_FRAMES;
  #bytes = PRIOR_BYTES;
  #lost = PRIOR_LOST;

  /** A frame of `wireBytes` arrived, or was lost. */
  settled(wireBytes: number, wasLost: boolean): void {
    const keep = 1 - 1 / MEMORY_FRAMES;
    this.#frames = this.#frames * keep + 1;
    this.#bytes = this.#bytes * keep + wireBytes;
    this.#lost = this.#lost * keep + (wasLost ? 1 : 0);
  }

  /** A frame that was taken for lost did arrive. */
  wasNotLost(): void {
    this.#lost = Math.max(0, this.#lost - 1);
  }

  /** Errors a byte. */
  get errorRate(): number {
    const lossRate = Math.min(MAX_LOSS_RATE, Math.max(MIN_LOSS_RATE, this.#lost / this.#frames));
    return (-Math.log(1 - lossRate) * this.#frames) / this.#bytes;
  }

  /** The payload for a frame with `overheadBytes` around it, before what a link allows. */
  payloadBytes(overheadBytes: number): number {
    const best = (Math.sqrt(overheadBytes ** 2 + (4 * overheadBytes) / this.errorRate) - overheadBytes) / 2;
    return Math.max(MIN_PAYLOAD_BYTES, Math.round(best));
  }
}
