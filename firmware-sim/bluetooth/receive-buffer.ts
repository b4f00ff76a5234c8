import type { Timeline } from './timeline.js';

export interface ReceiveBufferOptions {
  readonly timeline: Timeline;
  /** Room for packets that the host program has not read yet; Linux' `net.core.rmem_default` where omitted. */
  readonly limitBytes?: number;
  /** Microseconds that the host program takes for a packet. */
  readonly packetUs?: number;
}

const RMEM_DEFAULT_BYTES = 212_992;
/** What Linux counts for a small packet beside its bytes: the socket buffer's own records. */
const OVERHEAD_BYTES = 768;
const DEFAULT_PACKET_US = 30;

/**
 * The receive buffer of a raw HCI socket, with the program behind it that reads one packet after the other. When it is
 * full, what arrives is dropped without a word to anybody, data and events alike.
 */
export class ReceiveBuffer {
  readonly #timeline: Timeline;
  readonly #limitBytes: number;
  readonly #packetUs: number;
  readonly #deliver: (packet: Uint8Array) => void;
  readonly #waiting: Uint8Array[] = [];
  #usedBytes = 0;
  #isReading = false;
  #pausedUntilUs = 0;
  /** Packets that found no room. */
  dropped = 0;

  constructor(options: ReceiveBufferOptions, deliver: (packet: Uint8Array) => void) {
    this.#timeline = options.timeline;
    this.#limitBytes = options.limitBytes ?? RMEM_DEFAULT_BYTES;
    this.#packetUs = options.packetUs ?? DEFAULT_PACKET_US;
    this.#deliver = deliver;
  }

  push(packet: Uint8Array): void {
    // Linux looks at what is there already, not at what would be there with this packet.
    if (this.#usedBytes >= this.#limitBytes) {
      this.dropped++;
      return;
    }
    this.#usedBytes += packet.length + OVERHEAD_BYTES;
    this.#waiting.push(packet);
    this.#read();
  }

  /** The program does something else for `ms`: collects garbage, computes, or is not scheduled. */
  pause(ms: number): void {
    this.#pausedUntilUs = Math.max(this.#pausedUntilUs, this.#timeline.nowUs + ms * 1000);
  }

  /** Nobody reads any more. */
  clear(): void {
    this.#waiting.length = 0;
    this.#usedBytes = 0;
  }

  #read(): void {
    if (this.#isReading || this.#waiting.length === 0) return;
    this.#isReading = true;
    const pauseUs = Math.max(0, this.#pausedUntilUs - this.#timeline.nowUs);
    this.#timeline.afterUs(pauseUs + this.#packetUs, () => {
      this.#isReading = false;
      if (this.#pausedUntilUs <= this.#timeline.nowUs) this.#readOne();
      this.#read();
    });
  }

  #readOne(): void {
    const packet = this.#waiting.shift();
    if (packet === undefined) return;
    this.#usedBytes -= packet.length + OVERHEAD_BYTES;
    this.#deliver(packet);
  }
}
