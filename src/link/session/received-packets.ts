import { ACK_WINDOW, type AckFrame } from './frames.js';

/** Frames that may wait for one acknowledgement. */
const ACK_EVERY = 8;

/** An acknowledgement waits at most so long for more to acknowledge; the peer reckons with it. */
export const ACK_DELAY_MS = 25;

/** An acknowledgement repeats what so many before it said, because frames get lost; and no more, because on a radio each byte of it takes the place of data. */
const REPEATED_ACKS = 3;

/** Which data frames came, and when to say so. */
export class ReceivedPackets {
  /** The window as a ring: packet number modulo its size. */
  readonly #seen = new Uint8Array(ACK_WINDOW + 1);
  #largest = -1;
  #unacknowledged = 0;
  #ackDueAtMs = Number.POSITIVE_INFINITY;
  /** The lowest packet that came since the last acknowledgement. */
  #lowestNew = Number.POSITIVE_INFINITY;
  /** The same for the acknowledgements before, the latest last. */
  #lowestTold: readonly number[] = [];

  /** The whole packet number: the one nearest to what is expected next (RFC 9000, A.3). */
  expand(low: number, bytes: 1 | 2): number {
    const size = bytes === 1 ? 256 : 65_536;
    const expected = this.#largest + 1;
    const candidate = expected - (expected % size) + low;
    if (candidate + size / 2 <= expected) return candidate + size;
    if (candidate > expected + size / 2 && candidate >= size) return candidate - size;
    return candidate;
  }

  /** Notes a packet that arrived and was used. Repeated ones are acknowledged again: the first time may have been lost. */
  add(packet: number, nowMs: number): void {
    const isNewest = packet > this.#largest;
    const leavesGap = packet > this.#largest + 1;
    if (isNewest) {
      const forget = Math.min(packet - this.#largest, this.#seen.length);
      for (let i = 0; i < forget; i++) this.#seen[(packet - i) % this.#seen.length] = 0;
      this.#largest = packet;
    }
    if (packet >= this.#largest - ACK_WINDOW) this.#seen[packet % this.#seen.length] = 1;
    this.#unacknowledged++;
    this.#lowestNew = Math.min(this.#lowestNew, packet);
    // A gap is told at once: it is what a retransmission waits for.
    const isUrgent = leavesGap || !isNewest || this.#unacknowledged >= ACK_EVERY;
    this.#ackDueAtMs = isUrgent ? nowMs : Math.min(this.#ackDueAtMs, nowMs + ACK_DELAY_MS);
  }

  /** When an acknowledgement should leave; infinite when there is nothing to acknowledge. */
  get ackDueAtMs(): number {
    return this.#ackDueAtMs;
  }

  /** The acknowledgement to send now. */
  takeAck(): AckFrame {
    this.#unacknowledged = 0;
    this.#ackDueAtMs = Number.POSITIVE_INFINITY;
    const told = [...this.#lowestTold, this.#lowestNew];
    const lowest = Math.min(...told);
    this.#lowestTold = told.slice(-REPEATED_ACKS);
    this.#lowestNew = Number.POSITIVE_INFINITY;
    const bitmap = new Uint8Array(ACK_WINDOW / 8);
    let used = 0;
    for (let i = 0; i < ACK_WINDOW && this.#largest - 1 - i >= lowest; i++) {
      if (this.#seen[(this.#largest - 1 - i) % this.#seen.length] !== 1) continue;
      bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7));
      used = (i >> 3) + 1;
    }
    return { kind: 'ack', largest: this.#largest % 65_536, bitmap: bitmap.subarray(0, used) };
  }
}
