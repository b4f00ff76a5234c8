interface LineOptions {
  /** What the wire carries: a tenth of the baud rate with eight data bits, no parity and one stop bit. */
  readonly bytesPerSecond: number;
  /** From the end of a transmission to its arrival: what adapters and drivers wait. */
  readonly latencyMs: number;
  /** The probability that one bit of a byte is flipped. Default 0. */
  readonly byteErrorRate?: number;
  /** The probability that a byte does not arrive. Default 0. */
  readonly byteDropRate?: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

interface Transmission {
  /** When the line takes the next bytes. */
  readonly freeAtMs: number;
  readonly arrivesAtMs: number;
  /** What arrives; it may be damaged, and shorter. */
  readonly bytes: Uint8Array;
}

/** One direction of a serial line, without any timer: it says what would arrive and when. Bytes are sent one after the other. */
export class LineModel {
  readonly #options: LineOptions;
  #freeAtMs = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  transmit(bytes: Uint8Array, nowMs: number): Transmission {
    const { bytesPerSecond, latencyMs } = this.#options;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + (bytes.length / bytesPerSecond) * 1000;
    return { freeAtMs: this.#freeAtMs, arrivesAtMs: this.#freeAtMs + latencyMs, bytes: this.#damage(bytes) };
  }

  #damage(bytes: Uint8Array): Uint8Array {
    const { byteErrorRate = 0, byteDropRate = 0, random } = this.#options;
    const damaged = bytes.slice();
    let length = 0;
    for (const byte of bytes) {
      if (byteDropRate > 0 && random() < byteDropRate) continue;
      const isHit = byteErrorRate > 0 && random() < byteErrorRate;
      damaged[length++] = isHit ? byte ^ (1 << Math.floor(random() * 8)) : byte;
    }
    return damaged.subarray(0, length);
  }
}
