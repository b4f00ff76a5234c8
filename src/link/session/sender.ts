import { WaypostError } from '../../core/errors.js';
import { dataHeaderBytes } from './frame-codec.js';
import { FrameSizer } from './frame-size.js';
import {
  type AckFrame,
  type DataFrame,
  type DoneFrame,
  EAGER_BYTES,
  type HaveFrame,
  MAX_TRANSFERS,
  type OfferFrame,
  type PeerLimits,
  type VerdictFrame,
} from './frames.js';
import { type OutgoingMessage, OutgoingTransfer } from './outgoing.js';
import { SentPackets, type Settled } from './sent-packets.js';

/** What is known of the medium when a session begins. */
export interface Medium {
  /** The longest frame that the link takes. */
  readonly mtuBytes: number;
  /** What the driver adds to each frame on the wire. */
  readonly frameOverheadBytes: number;
  /** Undefined where the driver does not know. */
  readonly bytesPerSecond: number | undefined;
  /** One way, without the time on the wire. */
  readonly latencyMs: number | undefined;
}

interface SenderOptions {
  readonly medium: Medium;
  /** A verdict arrived; the transfer is over. */
  readonly onVerdict: (transfer: number, verdict: VerdictFrame) => void;
}

/** Larger messages leave room for small ones: among the transfers, and in the credit. */
const MAX_LARGE_TRANSFERS = 16;
const CREDIT_FOR_SMALL_BYTES = 4 * EAGER_BYTES;
const GUESSED_RTT_MS = 300;
const MIN_WINDOW_FRAMES = 4;
/** Where nothing is known of the medium, this many of the largest frames may be under way at the start. */
const GUESSED_WINDOW_FRAMES = 8;

/** The half of a session that sends messages. */
export class Sender {
  readonly #medium: Medium;
  readonly #onVerdict: SenderOptions['onVerdict'];
  readonly #packets: SentPackets;
  readonly #sizer = new FrameSizer();
  /** In the order in which they are to be sent; `id` is what the caller knows a message by. */
  readonly #waiting: { readonly id: number; readonly message: OutgoingMessage }[] = [];
  readonly #transfers = new Map<number, { readonly id: number; readonly transfer: OutgoingTransfer }>();
  /** Numbers that the peer should hear `done` about. */
  readonly #finished = new Set<number>();
  #nextNumber = 0;
  #offeredBytes = 0;
  #creditBytes = 0;
  #frameBytes: number;

  constructor({ medium, onVerdict }: SenderOptions) {
    this.#medium = medium;
    this.#onVerdict = onVerdict;
    this.#frameBytes = medium.mtuBytes;
    const bytesPerMs = medium.bytesPerSecond === undefined ? undefined : medium.bytesPerSecond / 1000;
    const largest = Math.min(medium.mtuBytes, 1024) + medium.frameOverheadBytes;
    const onWireMs = bytesPerMs === undefined ? 0 : largest / bytesPerMs;
    this.#packets = new SentPackets({
      rttMs: medium.latencyMs === undefined ? GUESSED_RTT_MS : 2 * (medium.latencyMs + onWireMs),
      bytesPerMs,
      minWindowBytes: largest * (bytesPerMs === undefined ? GUESSED_WINDOW_FRAMES : MIN_WINDOW_FRAMES),
    });
  }

  get answerTimeoutMs(): number {
    return this.#packets.answerTimeoutMs;
  }

  get rttMs(): number {
    return this.#packets.rtt.smoothedMs;
  }

  get errorRate(): number {
    return this.#sizer.errorRate;
  }

  /** Something waits only because the peer has not opened more credit, and nothing that is under way will bring it. */
  get isStarved(): boolean {
    return this.#waiting.length > 0 && this.#transfers.size === 0;
  }

  /** The peer has said hello. */
  begin(limits: PeerLimits): void {
    this.#frameBytes = Math.min(this.#medium.mtuBytes, limits.frameBytes);
    this.addCredit(limits.creditBytes);
  }

  /** Small messages go first: each waits for those of its size or smaller that came before it, and for no others. */
  add(id: number, message: OutgoingMessage): void {
    const size = sizeClass(message.bytes.length);
    const behind = this.#waiting.findLastIndex((other) => sizeClass(other.message.bytes.length) <= size);
    this.#waiting.splice(behind + 1, 0, { id, message });
  }

  /** Its sender does not want it sent any more. */
  cancel(id: number): void {
    const waiting = this.#waiting.findIndex((other) => other.id === id);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    for (const [number, entry] of this.#transfers) if (entry.id === id) this.#finish(number);
  }

  addCredit(creditBytes: number): void {
    this.#creditBytes = Math.max(this.#creditBytes, creditBytes);
  }

  /** A frame other than data was answered; undefined where it is not known which of several. */
  onRoundTrip(rttMs: number | undefined, nowMs: number): void {
    if (rttMs !== undefined) this.#packets.rtt.sample(rttMs, nowMs);
  }

  onAck(frame: AckFrame, nowMs: number): boolean {
    const settled = this.#packets.acknowledge(frame, nowMs);
    if (settled !== undefined) this.#settle(settled, nowMs);
    return settled !== undefined;
  }

  onHave(frame: HaveFrame, nowMs: number): void {
    const entry = this.#transfers.get(frame.transfer);
    if (entry === undefined) this.#unknown(frame.transfer);
    else entry.transfer.onHave(frame, nowMs, this.answerTimeoutMs);
  }

  onVerdict(frame: VerdictFrame): void {
    this.addCredit(frame.creditBytes);
    const entry = this.#transfers.get(frame.transfer);
    this.#unknown(frame.transfer);
    if (entry === undefined) return;
    this.#finish(frame.transfer);
    this.#onVerdict(entry.id, frame);
  }

  /** Lets time do what it does. */
  tick(nowMs: number): void {
    const lost = this.#packets.findLost(nowMs);
    if (nowMs >= this.#packets.timeoutAtMs) {
      const oldest = this.#packets.timeOut();
      if (oldest !== undefined) lost.push(oldest);
    }
    this.#settle({ arrived: [], lost, wereNotLost: 0 }, nowMs);
    this.#admit(nowMs);
  }

  get timeoutAtMs(): number {
    let atMs = Math.min(this.#packets.lossAtMs, this.#packets.timeoutAtMs);
    for (const { transfer } of this.#transfers.values()) atMs = Math.min(atMs, transfer.askAtMs);
    return atMs;
  }

  takeDone(session: number): DoneFrame | undefined {
    for (const transfer of this.#finished) {
      this.#finished.delete(transfer);
      return { kind: 'done', session, transfer };
    }
    return undefined;
  }

  takeOffer(session: number, nowMs: number): OfferFrame | undefined {
    for (const { transfer } of this.#transfers.values()) {
      if (nowMs < transfer.askAtMs) continue;
      const { form, crc, hash } = transfer.message;
      transfer.ask(nowMs, this.answerTimeoutMs);
      const { number, round, lengthBytes } = transfer;
      return { kind: 'offer', session, transfer: number, round, form, lengthBytes, crc, hash };
    }
    return undefined;
  }

  /** The next piece of the message that is to be finished first, if the link can take one. */
  takeData(nowMs: number): DataFrame | undefined {
    if (!this.#packets.hasRoom) return undefined;
    const transfer = this.#mostUrgent();
    if (transfer === undefined) return undefined;
    const packet = this.#packets.nextNumber;
    const headerBytes = dataHeaderBytes(transfer.lengthBytes, packet.bytes);
    const overheadBytes = headerBytes + this.#medium.frameOverheadBytes;
    const limitBytes = Math.min(this.#frameBytes - headerBytes, this.#sizer.payloadBytes(overheadBytes));
    const segment = transfer.takeSegment(limitBytes);
    if (segment === undefined) return undefined;
    const { start, end } = segment;
    const wireBytes = end - start + overheadBytes;
    this.#packets.send({ transfer: transfer.number, start, end, wireBytes }, nowMs);
    const bytes = transfer.message.bytes.subarray(start, end);
    return { kind: 'data', slot: transfer.number % MAX_TRANSFERS, packet, offset: start, bytes };
  }

  #mostUrgent(): OutgoingTransfer | undefined {
    let best: OutgoingTransfer | undefined;
    for (const { transfer } of this.#transfers.values()) {
      if (!transfer.hasBytesToSend) continue;
      if (best === undefined || sizeClass(transfer.lengthBytes) < sizeClass(best.lengthBytes)) best = transfer;
    }
    return best;
  }

  /** Begins as many transfers as the peer has room for. */
  #admit(nowMs: number): void {
    for (
      let first = this.#waiting[0];
      first !== undefined && this.#hasRoomFor(first.message);
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      const number = this.#nextNumber++;
      if (number > 0xffff_ffff) throw new WaypostError('ERR_INTERNAL', 'more than 2^32 transfers in one session');
      this.#offeredBytes += first.message.bytes.length;
      const transfer = new OutgoingTransfer(number, first.message, nowMs);
      this.#transfers.set(number, { id: first.id, transfer });
    }
  }

  #hasRoomFor({ bytes }: OutgoingMessage): boolean {
    const active = this.#transfers.size;
    const [oldest] = this.#transfers.keys();
    if (oldest !== undefined && this.#nextNumber - oldest >= MAX_TRANSFERS) return false;
    const isLarge = bytes.length > EAGER_BYTES;
    const reserveBytes = isLarge && active > 0 ? CREDIT_FOR_SMALL_BYTES : 0;
    if (this.#offeredBytes + bytes.length + reserveBytes > this.#creditBytes) return false;
    return !isLarge || active < MAX_LARGE_TRANSFERS;
  }

  #settle({ arrived, lost, wereNotLost }: Settled, nowMs: number): void {
    for (const packet of arrived) {
      this.#sizer.settled(packet.wireBytes, false);
      this.#transfers.get(packet.transfer)?.transfer.onArrived(packet, nowMs, this.answerTimeoutMs);
    }
    for (const packet of lost) {
      this.#sizer.settled(packet.wireBytes, true);
      this.#transfers.get(packet.transfer)?.transfer.onLost(packet);
    }
    for (let i = 0; i < wereNotLost; i++) this.#sizer.wasNotLost();
  }

  #finish(number: number): void {
    this.#transfers.delete(number);
    this.#packets.forgetTransfer(number);
    this.#unknown(number);
  }

  /** The peer waits for a transfer that is over here. More than can be under way are not remembered: it will ask again. */
  #unknown(number: number): void {
    if (number < this.#nextNumber && this.#finished.size < MAX_TRANSFERS) this.#finished.add(number);
  }
}

/** Messages of about the same length are sent in the order in which they came; of two others the shorter goes first. */
function sizeClass(lengthBytes: number): number {
  return Math.max(0, Math.floor(Math.log2(lengthBytes / EAGER_BYTES)));
}
