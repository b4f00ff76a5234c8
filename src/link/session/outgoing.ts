import { type ByteRange, RangeSet } from '../ranges.js';
import { EAGER_BYTES, type Form, type HaveFrame } from './frames.js';

/** A message to send, with what identifies it. */
export interface OutgoingMessage {
  readonly bytes: Uint8Array;
  readonly form: Form;
  readonly crc: number;
  readonly hash: Uint8Array;
}

const LONGEST_ASK_MS = 30_000;

/**
 * One message on its way out: which of its bytes have arrived, are to be sent, or are not known about. A byte that is
 * none of these is in flight.
 */
export class OutgoingTransfer {
  readonly number: number;
  readonly message: OutgoingMessage;
  readonly #arrived = new RangeSet();
  readonly #toSend = new RangeSet();
  /** What the peer may hold, for all we know: not sent before it said so. */
  readonly #unknown = new RangeSet();
  #round = 0;
  #isAsking = false;
  #asked = 0;
  #askAtMs: number;

  constructor(number: number, message: OutgoingMessage, nowMs: number) {
    this.number = number;
    this.message = message;
    this.#askAtMs = nowMs;
    if (this.isEager) this.#toSend.add(0, this.lengthBytes);
    else this.#unknown.add(0, this.lengthBytes);
  }

  get lengthBytes(): number {
    return this.message.bytes.length;
  }

  /** Small enough to be sent without asking first. */
  get isEager(): boolean {
    return this.lengthBytes <= EAGER_BYTES;
  }

  /** Distinguishes the current question from earlier ones, modulo 256. */
  get round(): number {
    return this.#round & 0xff;
  }

  /** When an offer is to be sent: the first time, again when no answer comes, and when all has arrived and no verdict comes. */
  get askAtMs(): number {
    return this.#askAtMs;
  }

  get hasBytesToSend(): boolean {
    return this.#toSend.count > 0;
  }

  /** An offer leaves. */
  ask(nowMs: number, answerTimeoutMs: number): void {
    if (!this.#isAsking && this.#asked > 0) {
      this.#round++;
      this.#unknown.add(0, this.lengthBytes);
    }
    this.#isAsking = true;
    this.#askAtMs = nowMs + this.#patience(answerTimeoutMs);
    this.#asked++;
  }

  /** The peer says what it holds. */
  onHave({ round, from, to, held }: HaveFrame, nowMs: number, answerTimeoutMs: number): void {
    if (!this.#isAsking || round !== this.round || to > this.lengthBytes) return;
    const there = new RangeSet(held);
    for (const unknown of pieces(this.#unknown, from, to)) {
      this.#arrived.remove(unknown.start, unknown.end);
      const missing = there.gaps(unknown.start, unknown.end);
      for (const { start, end } of missing) this.#toSend.add(start, end);
      for (const { start, end } of new RangeSet(missing).gaps(unknown.start, unknown.end)) {
        this.#arrived.add(start, end);
        this.#toSend.remove(start, end);
      }
    }
    this.#unknown.remove(from, to);
    if (this.#unknown.count === 0) this.#answered(nowMs, answerTimeoutMs);
  }

  /** Takes up to `limitBytes` to send. */
  takeSegment(limitBytes: number): ByteRange | undefined {
    const first = this.#toSend.first;
    if (first === undefined) return undefined;
    const segment = { start: first.start, end: Math.min(first.end, first.start + limitBytes) };
    this.#toSend.remove(segment.start, segment.end);
    return segment;
  }

  onArrived({ start, end }: ByteRange, nowMs: number, answerTimeoutMs: number): void {
    this.#arrived.add(start, end);
    this.#toSend.remove(start, end);
    // An acknowledgement shows that the offer was understood, too.
    if (this.#unknown.count === 0) this.#answered(nowMs, answerTimeoutMs);
  }

  onLost({ start, end }: ByteRange): void {
    for (const gap of this.#arrived.gaps(start, end)) this.#toSend.add(gap.start, gap.end);
  }

  /** Once all has arrived, the only open question is the verdict; and whether the peer agrees that all has arrived. */
  #answered(nowMs: number, answerTimeoutMs: number): void {
    if (this.#isAsking && this.#arrived.sizeBytes < this.lengthBytes) this.#asked = 1;
    this.#isAsking = false;
    const isAllThere = this.#arrived.covers(0, this.lengthBytes);
    this.#askAtMs = isAllThere ? nowMs + this.#patience(answerTimeoutMs) : Number.POSITIVE_INFINITY;
  }

  #patience(answerTimeoutMs: number): number {
    return Math.min(LONGEST_ASK_MS, answerTimeoutMs * 2 ** Math.min(this.#asked, 16));
  }
}

/** What of `ranges` lies between `from` and `to`. */
function pieces(ranges: RangeSet, from: number, to: number): ByteRange[] {
  return new RangeSet(ranges.gaps(from, to)).gaps(from, to);
}
