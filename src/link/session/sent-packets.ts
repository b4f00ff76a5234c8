import { DeliveryRate, type RateStamp } from './delivery-rate.js';
import { ACK_WINDOW, type AckFrame } from './frames.js';
import { ACK_DELAY_MS } from './received-packets.js';
import { RttEstimator } from './rtt.js';

/*
 * Data frames on their way: which are lost (RFC 9002, section 6), and how many may be. Packet numbers are never used
 * twice, also when bytes are repeated, so that an acknowledgement always says which sending arrived and when.
 */

/** A frame that was sent, and what was in it. */
export interface SentPacket {
  readonly packet: number;
  readonly transfer: number;
  readonly start: number;
  readonly end: number;
  /** As it occupies the medium. */
  readonly wireBytes: number;
  readonly sentAtMs: number;
  readonly stamp: RateStamp;
  /** Taken for lost; it may still turn out to have arrived. */
  isLost: boolean;
}

/** What an acknowledgement, or the time, brought to light. */
export interface Settled {
  readonly arrived: readonly SentPacket[];
  readonly lost: readonly SentPacket[];
  /** Of `arrived`: those that had been taken for lost. */
  readonly wereNotLost: number;
}

interface Guess {
  readonly rttMs: number;
  /** Undefined: nothing is known. */
  readonly bytesPerMs: number | undefined;
  /** Whatever is known, so much may be in flight. */
  readonly minWindowBytes: number;
}

const INITIAL_REORDERING = 3;
const MAX_TIMEOUT_MS = 10_000;
/** With one byte a packet number is told from its neighbours up to this distance, and some are late. */
const ONE_BYTE_DISTANCE = 96;

export class SentPackets {
  readonly rtt: RttEstimator;
  readonly #guess: Guess;
  readonly #rate = new DeliveryRate();
  /** In the order of sending: in flight, and those of the recent past that seem lost. */
  readonly #sent = new Map<number, SentPacket>();
  #next = 0;
  #largestAcknowledged = -1;
  #inFlightBytes = 0;
  #inFlight = 0;
  #lastSentAtMs = 0;
  #reordering = INITIAL_REORDERING;
  #timeouts = 0;
  /** Frames that may leave although the window is full, to find out whether anything arrives at all. */
  #probes = 0;

  constructor(guess: Guess) {
    this.#guess = guess;
    this.rtt = new RttEstimator(guess.rttMs);
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** The number of the next packet, in as few bytes as the peer can tell it by. */
  get nextNumber(): { readonly low: number; readonly bytes: 1 | 2 } {
    const bytes = this.#next - this.#largestAcknowledged < ONE_BYTE_DISTANCE ? 1 : 2;
    return { low: this.#next % (bytes === 1 ? 256 : 65_536), bytes };
  }

  /** Twice what the link holds: it stays busy while an acknowledgement is on its way, and a lost one does not stop it. */
  get windowBytes(): number {
    const measured = this.#rate.bytesPerMs * (this.rtt.minMs + ACK_DELAY_MS);
    const guessed = (this.#guess.bytesPerMs ?? 0) * (this.#guess.rttMs + ACK_DELAY_MS);
    return Math.max(this.#guess.minWindowBytes, 2 * (measured > 0 ? measured : guessed));
  }

  /** Whether a packet may leave now. */
  get hasRoom(): boolean {
    if (this.#probes > 0 || this.isIdle) return true;
    return this.#inFlightBytes < this.windowBytes && this.#next - this.#largestAcknowledged <= ACK_WINDOW;
  }

  /** A packet with the number {@link nextNumber} leaves. */
  send(content: Pick<SentPacket, 'transfer' | 'start' | 'end' | 'wireBytes'>, nowMs: number): void {
    const packet = this.#next++;
    const stamp = this.#rate.stamp(nowMs, this.isIdle);
    this.#sent.set(packet, { ...content, packet, sentAtMs: nowMs, stamp, isLost: false });
    this.#inFlight++;
    this.#inFlightBytes += content.wireBytes;
    this.#lastSentAtMs = nowMs;
    if (this.#probes > 0) this.#probes--;
    this.#forget();
  }

  /** Undefined when the peer acknowledges what was never sent. */
  acknowledge({ largest, bitmap }: AckFrame, nowMs: number): Settled | undefined {
    const newest = this.#expand(largest);
    if (newest === undefined) return undefined;
    const arrived: SentPacket[] = [];
    let wereNotLost = 0;
    for (let i = -1; i < 8 * bitmap.length; i++) {
      if (i >= 0 && ((bitmap[i >> 3] as number) & (1 << (i & 7))) === 0) continue;
      const sent = this.#sent.get(newest - 1 - i);
      if (sent === undefined) continue;
      if (sent.isLost) {
        wereNotLost++;
        this.#reordering = Math.min(ACK_WINDOW / 4, Math.max(this.#reordering, newest - sent.packet + 1));
      }
      this.#take(sent);
      arrived.push(sent);
    }
    const [first] = arrived;
    if (first !== undefined) this.#learn(first, newest, arrived, nowMs);
    this.#largestAcknowledged = Math.max(this.#largestAcknowledged, newest);
    return { arrived, lost: this.findLost(nowMs), wereNotLost };
  }

  /** What must be lost by now, since later packets have arrived. */
  findLost(nowMs: number): SentPacket[] {
    const lost: SentPacket[] = [];
    for (const sent of this.#sent.values()) {
      if (sent.packet >= this.#largestAcknowledged) break;
      if (sent.isLost) continue;
      const isFarBehind = this.#largestAcknowledged - sent.packet >= this.#reordering;
      if (!isFarBehind && nowMs < sent.sentAtMs + this.rtt.lossDelayMs) continue;
      this.#lose(sent);
      lost.push(sent);
    }
    return lost;
  }

  /** No acknowledgement came for {@link timeoutAtMs}: gives up the oldest packet, and lets two leave to ask for news. */
  timeOut(): SentPacket | undefined {
    this.#timeouts++;
    this.#probes = 2;
    for (const sent of this.#sent.values()) {
      if (sent.isLost) continue;
      this.#lose(sent);
      return sent;
    }
    return undefined;
  }

  /** Nobody waits for these any more. */
  forgetTransfer(transfer: number): void {
    for (const sent of this.#sent.values()) if (sent.transfer === transfer) this.#take(sent);
  }

  /** When {@link findLost} will find something because of the time alone. */
  get lossAtMs(): number {
    for (const sent of this.#sent.values()) {
      if (sent.packet >= this.#largestAcknowledged) break;
      if (!sent.isLost) return sent.sentAtMs + this.rtt.lossDelayMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** When to call {@link timeOut}. */
  get timeoutAtMs(): number {
    if (this.isIdle) return Number.POSITIVE_INFINITY;
    return this.#lastSentAtMs + Math.min(MAX_TIMEOUT_MS, this.answerTimeoutMs * 2 ** Math.min(this.#timeouts, 10));
  }

  /** How long an answer to any frame may take before the frame is repeated. */
  get answerTimeoutMs(): number {
    return this.rtt.timeoutMs + ACK_DELAY_MS;
  }

  #learn(newestArrived: SentPacket, newest: number, arrived: readonly SentPacket[], nowMs: number): void {
    this.#timeouts = 0;
    this.#probes = 0;
    if (newestArrived.packet === newest) this.rtt.sample(nowMs - newestArrived.sentAtMs, nowMs);
    const wireBytes = arrived.reduce((sum, sent) => sum + sent.wireBytes, 0);
    this.#rate.acknowledged(wireBytes, newestArrived.stamp, this.rtt.smoothedMs, nowMs);
  }

  #expand(low: number): number | undefined {
    const last = this.#next - 1;
    const packet = last - ((((last - low) % 65_536) + 65_536) % 65_536);
    return packet >= 0 ? packet : undefined;
  }

  #lose(sent: SentPacket): void {
    sent.isLost = true;
    this.#inFlight--;
    this.#inFlightBytes -= sent.wireBytes;
  }

  #take(sent: SentPacket): void {
    if (!sent.isLost) this.#lose(sent);
    this.#sent.delete(sent.packet);
  }

  /** An acknowledgement does not reach back this far: what seems lost is. */
  #forget(): void {
    for (const sent of this.#sent.values()) {
      if (!sent.isLost || sent.packet > this.#next - 2 * ACK_WINDOW) return;
      this.#sent.delete(sent.packet);
    }
  }
}
