import { haveFrames } from './frame-codec.js';
import {
  type AckFrame,
  type DataFrame,
  EAGER_BYTES,
  type HaveFrame,
  MAX_TRANSFERS,
  type OfferFrame,
  RESULTS,
  type VerdictFrame,
} from './frames.js';
import { type Assembly, IncomingTransfer, type Outcome } from './incoming.js';
import { ReceivedPackets } from './received-packets.js';

interface ReceiverLimits {
  readonly maxMessageBytes: number;
  /** Bytes of messages, whole lengths, that may be arriving or waiting to be settled. At least `maxMessageBytes`. */
  readonly creditBytes: number;
  /** When nothing came for so long, transfers that miss something are given up, with the bytes kept for another try. */
  readonly stallMs: number;
}

/** What the receiver asks and tells. The transfer is named by its number. */
interface ReceiverHandler {
  /** A message is announced: answer, now or later, with `admit` or `settle`. */
  onOffer(offer: OfferFrame): void;
  /** All bytes are there. Whether they have the CRC and the hash of the offer. */
  isIntact(offer: OfferFrame, bytes: Uint8Array): boolean;
  onMessage(offer: OfferFrame, bytes: Uint8Array): void;
  /** The transfer needs its assembly no more; `outcome` is undefined when the peer gave up, or the session ended. */
  onOver(offer: OfferFrame, outcome: Outcome | undefined): void;
  /** The session ended before the peer said that it knows the outcome. */
  onUnconfirmed(offer: OfferFrame, outcome: Outcome): void;
}

/** The half of a session that receives messages. */
export class Receiver {
  readonly #limits: ReceiverLimits;
  readonly #handler: ReceiverHandler;
  readonly #packets = new ReceivedPackets();
  /** By their slot: those that the peer has not said `done` about. */
  readonly #transfers = new Map<number, IncomingTransfer>();
  /** The last transfer that each slot was used for. */
  readonly #last: number[] = new Array(MAX_TRANSFERS).fill(-1);
  /** Of all offers of this session, and of those that need no room any more. */
  #offeredBytes = 0;
  #finishedBytes = 0;
  /** Credit was given back by something that no verdict tells of. */
  #isCreditNews = false;
  #haves: HaveFrame[] = [];
  /** A transfer that was offered although it is over here. */
  #forgotten: number | undefined;
  #progressAtMs = 0;

  constructor(limits: ReceiverLimits, handler: ReceiverHandler) {
    this.#limits = limits;
    this.#handler = handler;
  }

  /** The sum of the lengths of all messages that the peer may have offered. */
  get creditBytes(): number {
    return this.#finishedBytes + this.#limits.creditBytes;
  }

  /** True once after credit was given back without a verdict. */
  takeCreditNews(): boolean {
    const isNews = this.#isCreditNews;
    this.#isCreditNews = false;
    return isNews;
  }

  onOffer(offer: OfferFrame, nowMs: number): void {
    const slot = offer.transfer % MAX_TRANSFERS;
    const before = this.#transfers.get(slot);
    if (offer.transfer <= (this.#last[slot] ?? -1)) {
      if (before?.offer.transfer === offer.transfer) before.onOffer(offer.round, nowMs);
      else this.#forgotten = offer.transfer;
      return;
    }
    // A peer that uses the slot again is through with what was in it.
    if (before !== undefined) this.#giveUp(before);
    const transfer = new IncomingTransfer({ ...offer, hash: offer.hash.slice() }, nowMs);
    this.#transfers.set(slot, transfer);
    this.#last[slot] = offer.transfer;
    this.#offeredBytes += offer.lengthBytes;
    if (offer.lengthBytes > this.#limits.maxMessageBytes) this.#refuse(transfer, RESULTS.tooLarge, nowMs);
    else if (this.#offeredBytes > this.creditBytes) this.#refuse(transfer, RESULTS.noRoom, nowMs);
    else {
      if (offer.lengthBytes > EAGER_BYTES || offer.round > 0) transfer.onOffer(offer.round, nowMs);
      this.#handler.onOffer(transfer.offer);
    }
  }

  /** Bytes of an announced message may come. */
  admit(number: number, assembly: Assembly, nowMs: number): boolean {
    const transfer = this.#find(number);
    if (transfer === undefined || transfer.isSettled) return false;
    transfer.begin(assembly);
    this.#finishIfWhole(transfer, nowMs);
    return true;
  }

  onData({ slot, packet, offset, bytes }: DataFrame, nowMs: number): void {
    const transfer = this.#transfers.get(slot);
    // What cannot be used is not acknowledged: it will come again when it can.
    if (transfer === undefined || !transfer.write(offset, bytes)) return;
    this.#progressAtMs = nowMs;
    this.#packets.add(this.#packets.expand(packet.low, packet.bytes), nowMs);
    this.#finishIfWhole(transfer, nowMs);
  }

  /** Says what became of a message. False when the peer does not want to know any more. */
  settle(number: number, outcome: Outcome, nowMs: number): boolean {
    const transfer = this.#find(number);
    if (transfer === undefined || transfer.isSettled) return false;
    this.#finish(transfer, outcome);
    transfer.settle(outcome, nowMs);
    return true;
  }

  /** The peer is through with a transfer. How long that took since it was told the outcome, where that can be said. */
  onDone(number: number, nowMs: number): number | undefined {
    const transfer = this.#find(number);
    if (transfer === undefined) return undefined;
    this.#giveUp(transfer);
    return transfer.roundTripMs(nowMs);
  }

  tick(nowMs: number): void {
    for (const transfer of this.#transfers.values()) {
      if (nowMs >= this.#stallsAtMs(transfer)) this.#refuse(transfer, RESULTS.stalled, nowMs);
    }
  }

  get timeoutAtMs(): number {
    let atMs = this.#packets.ackDueAtMs;
    for (const transfer of this.#transfers.values()) {
      atMs = Math.min(atMs, transfer.verdictAtMs, this.#stallsAtMs(transfer));
    }
    return atMs;
  }

  takeVerdict(session: number, nowMs: number, answerTimeoutMs: number): VerdictFrame | undefined {
    for (const transfer of this.#transfers.values()) {
      if (nowMs < transfer.verdictAtMs) continue;
      transfer.verdictSent(nowMs, answerTimeoutMs);
      const { creditBytes } = this;
      return { kind: 'verdict', session, transfer: transfer.offer.transfer, ...transfer.outcome, creditBytes };
    }
    const forgotten = this.#forgotten;
    if (forgotten === undefined) return undefined;
    this.#forgotten = undefined;
    const { creditBytes } = this;
    return {
      kind: 'verdict',
      session,
      transfer: forgotten,
      result: RESULTS.stalled,
      retryAfterSeconds: 0,
      creditBytes,
    };
  }

  takeHave(session: number, limitBytes: number): HaveFrame | undefined {
    for (const transfer of this.#transfers.values()) {
      if (!transfer.owesHave || this.#haves.length > 0) continue;
      const { offer, assembly } = transfer;
      const about = { session, transfer: offer.transfer, round: transfer.takeHaveRound() ?? 0 };
      const all = [{ start: 0, end: offer.lengthBytes }].filter(({ end }) => end > 0);
      this.#haves = haveFrames(
        about,
        offer.lengthBytes,
        transfer.isArriving ? (assembly?.held ?? []) : all,
        limitBytes,
      );
    }
    return this.#haves.shift();
  }

  takeAck(nowMs: number): AckFrame | undefined {
    return nowMs >= this.#packets.ackDueAtMs ? this.#packets.takeAck() : undefined;
  }

  /** The session is over: everything that is not settled ends here. */
  end(): void {
    for (const transfer of this.#transfers.values()) {
      if (!transfer.isSettled) this.#handler.onOver(transfer.offer, undefined);
      else this.#handler.onUnconfirmed(transfer.offer, transfer.outcome);
    }
  }

  #find(number: number): IncomingTransfer | undefined {
    const transfer = this.#transfers.get(number % MAX_TRANSFERS);
    return transfer?.offer.transfer === number ? transfer : undefined;
  }

  /** A transfer waits for its turn as long as the peer is busy with others. */
  #stallsAtMs(transfer: IncomingTransfer): number {
    return Math.max(transfer.waitingSinceMs, this.#progressAtMs) + this.#limits.stallMs;
  }

  #finishIfWhole(transfer: IncomingTransfer, nowMs: number): void {
    if (!transfer.isArriving) return;
    const bytes = transfer.assembly?.whole();
    if (bytes === undefined) return;
    if (this.#handler.isIntact(transfer.offer, bytes)) {
      transfer.deliver();
      this.#handler.onMessage(transfer.offer, bytes);
    } else if (!transfer.onDamage()) this.#refuse(transfer, RESULTS.damaged, nowMs);
  }

  #refuse(transfer: IncomingTransfer, result: Outcome['result'], nowMs: number): void {
    this.settle(transfer.offer.transfer, { result, retryAfterSeconds: 0 }, nowMs);
  }

  #giveUp(transfer: IncomingTransfer): void {
    this.#transfers.delete(transfer.offer.transfer % MAX_TRANSFERS);
    if (transfer.isSettled) return;
    this.#finish(transfer, undefined);
    this.#isCreditNews = true;
  }

  #finish(transfer: IncomingTransfer, outcome: Outcome | undefined): void {
    this.#finishedBytes += transfer.offer.lengthBytes;
    this.#handler.onOver(transfer.offer, outcome);
  }
}
