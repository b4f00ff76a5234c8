import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import { crc32c } from './crc32c.js';
import type { Data, Frame, Have, Offer, Range } from './frames.js';
import { nearest } from './outgoing.js';
import { withRange } from './ranges.js';

/* Messages on their way in (link.md, "Sending a message", "Acknowledging" and "After a disconnect"). */

const SHORT_BYTES = 4096;
const ACK_EVERY = 8;
const ACK_DELAY_MS = 25;
const MAX_BITMAP_BITS = 384;
const REPEAT_VERDICT_MS = 1000;
const RESULT = { accepted: 0, tooLong: 3, noRoom: 4, damaged: 5, nothingCame: 6 } as const;

/** What is here of a message: it outlives the connection, and is found again by its hash. */
interface Part {
  readonly bytes: Uint8Array;
  held: Range[];
}

/** What a client remembers between its connections. */
export interface Memory {
  readonly parts: Map<string, Part>;
  /** Hashes of messages that were accepted, whose sender may not know it. */
  readonly accepted: Set<string>;
}

interface Transfer {
  readonly offer: Offer;
  readonly key: string;
  part: Part;
  damages: number;
  result: number | undefined;
  cancel: () => void;
}

interface IncomingOptions {
  readonly clock: Clock;
  readonly session: number;
  readonly longestFrame: number;
  readonly longestMessage: number;
  readonly credit: number;
  readonly memory: Memory;
  readonly transmit: (frame: Frame) => void;
  readonly onMessage: (message: Uint8Array) => void;
}

export class Incoming {
  readonly #options: IncomingOptions;
  /** By slot. */
  readonly #transfers = new Map<number, Transfer>();
  /** The last number that each slot was used for. */
  readonly #last = new Map<number, number>();
  #offered = 0;
  #settled = 0;
  /** Packet numbers that came, as far as an acknowledgement reaches. */
  #packets: number[] = [];
  #unacknowledged = 0;
  #cancelAck = () => {};

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** What the peer may have offered since the beginning of the session. */
  get credit(): number {
    return this.#settled + this.#options.credit;
  }

  onOffer(offer: Offer): void {
    const slot = offer.transfer % 64;
    const known = this.#transfers.get(slot);
    if (known?.offer.transfer === offer.transfer) {
      if (known.result === undefined) this.#tellHave(known, offer.round);
      else this.#tellVerdict(known, known.result);
      return;
    }
    if (offer.transfer <= (this.#last.get(slot) ?? -1)) {
      this.#transmitVerdict(offer.transfer, RESULT.nothingCame);
      return;
    }
    this.#last.set(slot, offer.transfer);
    this.#offered += offer.length;
    const { longestMessage, memory } = this.#options;
    const isTaken = offer.length <= longestMessage && this.#offered <= this.credit;
    const key = `${Buffer.from(offer.hash).toString('hex')} ${offer.length}`;
    const part = memory.parts.get(key) ?? { bytes: new Uint8Array(isTaken ? offer.length : 0), held: [] };
    const transfer: Transfer = { offer, key, part, damages: 0, result: undefined, cancel: () => {} };
    this.#transfers.set(slot, transfer);
    if (offer.length > longestMessage) this.#settle(transfer, RESULT.tooLong);
    else if (!isTaken) this.#settle(transfer, RESULT.noRoom);
    else if (memory.accepted.has(key)) this.#settle(transfer, RESULT.accepted);
    else {
      if (offer.length > SHORT_BYTES) memory.parts.set(key, part);
      if (offer.length > SHORT_BYTES || offer.round > 0) this.#tellHave(transfer, offer.round);
      this.#finishIfWhole(transfer);
    }
  }

  onData({ slot, packet, offset, bytes }: Data): void {
    const transfer = this.#transfers.get(slot);
    const end = offset + bytes.length;
    // What is not kept is not acknowledged.
    if (transfer === undefined || end > transfer.offer.length) return;
    if (transfer.result === undefined) {
      transfer.part.bytes.set(bytes, offset);
      transfer.part.held = withRange(transfer.part.held, { start: offset, end });
    }
    this.#note(nearest(packet.low, (this.#packets.at(-1) ?? -1) + 1, packet.modulo));
    this.#finishIfWhole(transfer);
  }

  onDone(transfer: number): void {
    const known = this.#transfers.get(transfer % 64);
    if (known?.offer.transfer !== transfer) return;
    known.cancel();
    this.#transfers.delete(transfer % 64);
    if (known.result === undefined) this.#settled += known.offer.length;
    // The sender knows: should the same bytes be offered once more, they are meant once more.
    this.#options.memory.accepted.delete(known.key);
  }

  end(): void {
    this.#cancelAck();
    for (const { cancel } of this.#transfers.values()) cancel();
  }

  #finishIfWhole(transfer: Transfer): void {
    const { offer, part, key } = transfer;
    const [all] = part.held;
    if (transfer.result !== undefined || all?.start !== 0 || all.end !== offer.length) return;
    const hash = createHash('sha256').update(part.bytes).digest();
    if (crc32c(part.bytes) !== offer.crc || !hash.equals(offer.hash)) {
      part.held = [];
      if (++transfer.damages > 1) this.#settle(transfer, RESULT.damaged);
      return;
    }
    this.#options.memory.accepted.add(key);
    this.#settle(transfer, RESULT.accepted);
    this.#options.onMessage(part.bytes);
  }

  #settle(transfer: Transfer, result: number): void {
    transfer.result = result;
    this.#settled += transfer.offer.length;
    if (result === RESULT.accepted || result === RESULT.damaged) this.#options.memory.parts.delete(transfer.key);
    this.#tellVerdict(transfer, result);
  }

  /** Repeated until the sender says done. */
  #tellVerdict(transfer: Transfer, result: number): void {
    this.#transmitVerdict(transfer.offer.transfer, result);
    transfer.cancel();
    transfer.cancel = this.#options.clock.after(REPEAT_VERDICT_MS, () => this.#tellVerdict(transfer, result));
  }

  #transmitVerdict(transfer: number, result: number): void {
    const { session, transmit } = this.#options;
    transmit({ type: 'verdict', session, transfer, result, retryAfter: 0, credit: this.credit });
  }

  /** In as many frames as it takes; together they cover the whole message. */
  #tellHave({ offer, part }: Transfer, round: number): void {
    const { session, longestFrame, transmit } = this.#options;
    const about = { type: 'have', session, transfer: offer.transfer, round } as const;
    const perFrame = Math.floor((longestFrame - MAX_HAVE_HEADER_BYTES) / MAX_RANGE_BYTES);
    const frames: Have[] = [];
    for (let index = 0; index === 0 || index < part.held.length; index += perFrame) {
      const held = part.held.slice(index, index + perFrame);
      const from = frames.at(-1)?.to ?? 0;
      const to = index + perFrame < part.held.length ? (held.at(-1)?.end ?? from) : offer.length;
      frames.push({ ...about, from, to, held });
    }
    for (const frame of frames) transmit(frame);
  }

  #note(packet: number): void {
    const newest = this.#packets.at(-1) ?? -1;
    this.#packets = [...this.#packets, packet].sort((a, b) => a - b).slice(-MAX_BITMAP_BITS);
    const isUrgent = packet !== newest + 1 || ++this.#unacknowledged >= ACK_EVERY;
    this.#cancelAck();
    if (isUrgent) this.#acknowledge();
    else this.#cancelAck = this.#options.clock.after(ACK_DELAY_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#unacknowledged = 0;
    const largest = this.#packets.at(-1) ?? 0;
    const limitBits = Math.min(MAX_BITMAP_BITS, 8 * (this.#options.longestFrame - ACK_HEADER_BYTES));
    const bits = this.#packets.map((packet) => largest - 1 - packet).filter((bit) => bit >= 0 && bit < limitBits);
    const bitmap = new Uint8Array(Math.ceil((Math.max(-1, ...bits) + 1) / 8));
    for (const bit of bits) bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) | (1 << (bit & 7));
    this.#options.transmit({ type: 'ack', largest: largest % 65536, bitmap });
  }
}

/** Type, session, transfer, round, and two positions in messages of less than 256 MiB. */
const MAX_HAVE_HEADER_BYTES = 1 + 4 + 5 + 1 + 4 + 4;
const MAX_RANGE_BYTES = 8;
const ACK_HEADER_BYTES = 3;
