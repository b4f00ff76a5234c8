import type { ReadonlyRangeSet } from '../ranges.js';
import { type OfferFrame, RESULTS, type ResultCode } from './frames.js';

/** Where the bytes of a message come together. */
export interface Assembly {
  readonly held: ReadonlyRangeSet;
  write(offset: number, bytes: Uint8Array): void;
  /** Undefined as long as something is missing. */
  whole(): Uint8Array | undefined;
  /**
   * The whole is not what was announced: drops what may be wrong. `borrowed` when that was only what came from others, so
   * that nothing is proven against the peer; `own` when everything is gone.
   */
  distrust(): 'borrowed' | 'own';
}

/** So many holes, and no more, may be between what arrived: each costs memory, and a peer may send one byte in two. */
const MAX_RANGES = 1024;
const LONGEST_REPEAT_MS = 10_000;

/** What became of a transfer, as the peer is told. */
export interface Outcome {
  readonly result: ResultCode;
  readonly retryAfterSeconds: number;
}

/** One message on its way in. */
export class IncomingTransfer {
  readonly offer: OfferFrame;
  #assembly: Assembly | undefined;
  #state: 'opening' | 'arriving' | 'delivered' | 'settled' = 'opening';
  #outcome: Outcome = { result: RESULTS.refused, retryAfterSeconds: 0 };
  #haveRound: number | undefined;
  #verdictAtMs = Number.POSITIVE_INFINITY;
  #verdicts = 0;
  #verdictSentAtMs = 0;
  #damages = 0;
  readonly #offeredAtMs: number;

  constructor(offer: OfferFrame, nowMs: number) {
    this.offer = offer;
    this.#offeredAtMs = nowMs;
  }

  get assembly(): Assembly | undefined {
    return this.#assembly;
  }

  get isArriving(): boolean {
    return this.#state === 'arriving';
  }

  get isSettled(): boolean {
    return this.#state === 'settled';
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  get verdictAtMs(): number {
    return this.#verdictAtMs;
  }

  /** When it was announced, as long as some of it is missing; otherwise infinite. */
  get waitingSinceMs(): number {
    return this.#state === 'delivered' || this.#state === 'settled' ? Number.POSITIVE_INFINITY : this.#offeredAtMs;
  }

  /** Bytes may come. */
  begin(assembly: Assembly): void {
    this.#assembly = assembly;
    this.#state = 'arriving';
  }

  /** The peer asks what is there. An answer is due unless the data is on its way already. */
  onOffer(round: number, nowMs: number): void {
    if (this.#state === 'settled') this.#verdictAtMs = nowMs;
    else this.#haveRound = round;
  }

  /** The round to answer with what is held, once it can be said. */
  takeHaveRound(): number | undefined {
    if (this.#state === 'opening') return undefined;
    const round = this.#haveRound;
    this.#haveRound = undefined;
    return round;
  }

  get owesHave(): boolean {
    return this.#haveRound !== undefined && this.#state !== 'opening' && this.#state !== 'settled';
  }

  /** False when the bytes are not taken, and therefore not to be acknowledged. */
  write(offset: number, bytes: Uint8Array): boolean {
    const end = offset + bytes.length;
    if (this.#state === 'opening' || end > this.offer.lengthBytes) return false;
    if (this.#state !== 'arriving' || this.#assembly === undefined) return true; // a repetition of what is here
    const { held } = this.#assembly;
    const touches = held.covers(offset - 1, offset) || held.covers(end, end + 1);
    if (held.count >= MAX_RANGES && !touches) return false;
    this.#assembly.write(offset, bytes);
    return true;
  }

  deliver(): void {
    this.#state = 'delivered';
  }

  /** The hash is wrong. True when it is worth another try. */
  onDamage(): boolean {
    if (this.#assembly?.distrust() === 'own') this.#damages++;
    return this.#damages < 2;
  }

  settle(outcome: Outcome, nowMs: number): void {
    this.#state = 'settled';
    this.#outcome = outcome;
    this.#verdictAtMs = nowMs;
    this.#assembly = undefined;
  }

  /** The verdict leaves; it is repeated until the peer says `done`. */
  verdictSent(nowMs: number, answerTimeoutMs: number): void {
    const waitMs = Math.min(LONGEST_REPEAT_MS, answerTimeoutMs * 2 ** Math.min(this.#verdicts++, 16));
    this.#verdictSentAtMs = nowMs;
    this.#verdictAtMs = nowMs + waitMs;
  }

  /** How long ago the verdict was sent, if that was done once: otherwise nobody knows which one was answered (RFC 6298, 3). */
  roundTripMs(nowMs: number): number | undefined {
    return this.#verdicts === 1 ? nowMs - this.#verdictSentAtMs : undefined;
  }
}
