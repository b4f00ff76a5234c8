import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import { crc32c } from './crc32c.js';
import type { Ack, Frame, Have, Range, VerdictFrame } from './frames.js';
import { gapsIn, withRange } from './ranges.js';

/* Messages on their way out (link.md, "Sending a message"): one at a time, which is allowed, and enough for a phone. */

/** Data of messages up to this length follows their offer at once. */
const SHORT_BYTES = 4096;
/** As long as fewer than 96 packets are unacknowledged, one byte of their number is enough. */
const MAX_IN_FLIGHT = 90;
const FORM_AS_IT_IS = 0;
/** No acknowledgement for so long: what is in flight is lost. */
const ACK_TIMEOUT_MS = 400;
/** An offer is repeated, and a verdict asked for, after this, and then ever more rarely. */
const ASK_AGAIN_MS = 1000;
const ASK_RAREST_MS = 30_000;

interface Job {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Transfer extends Job {
  readonly number: number;
  round: number;
  /** Whether this round of the offer was answered. */
  isAnswered: boolean;
  /** What the answers to this round told of, and what of that is missing. */
  told: Range[];
  missing: Range[];
  /** To be sent. */
  todo: Range[];
  asked: number;
}

interface OutgoingOptions {
  readonly clock: Clock;
  readonly session: number;
  /** That both stations take. */
  readonly longestFrame: number;
  readonly credit: number;
  readonly transmit: (frame: Frame) => void;
}

/** The answer to a message that was not accepted. */
class Refused extends Error {
  readonly result: number;

  constructor(result: number) {
    super(`refused with result ${result}`);
    this.result = result;
  }
}

export class Outgoing {
  /** Bytes of messages that were sent, with all repetitions. */
  dataBytes = 0;
  readonly #options: OutgoingOptions;
  readonly #jobs: Job[] = [];
  #current: Transfer | undefined;
  #transfers = 0;
  #offeredBytes = 0;
  #credit: number;
  #packets = 0;
  readonly #inFlight = new Map<number, Range>();
  #cancel = () => {};

  constructor(options: OutgoingOptions) {
    this.#options = options;
    this.#credit = options.credit;
  }

  /** Resolves when the peer has accepted the message. Rejects with {@link Refused}, or because the session ended. */
  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ message, resolve, reject });
      this.#begin();
    });
  }

  onHave({ transfer, round, from, to, held }: Have): void {
    const current = this.#current;
    if (current?.number !== transfer) {
      this.#tellDone(transfer);
      return;
    }
    if (current.round !== round || current.isAnswered) return;
    for (const gap of gapsIn({ start: from, end: to }, held)) current.missing = withRange(current.missing, gap);
    current.told = withRange(current.told, { start: from, end: to });
    const [all] = current.told;
    if (current.told.length !== 1 || all?.start !== 0 || all.end !== current.message.length) return;
    current.isAnswered = true;
    current.todo = current.missing;
    this.#inFlight.clear();
    this.#fill();
  }

  onAck({ largest, bitmap }: Ack): void {
    const newest = nearest(largest, this.#packets, 65536);
    const isAcked = (packet: number) => {
      const bit = newest - 1 - packet;
      return packet === newest || (bit >= 0 && ((bitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0);
    };
    for (const [packet, range] of [...this.#inFlight]) {
      if (isAcked(packet)) this.#inFlight.delete(packet);
      else if (packet <= newest - 3) this.#lose(packet, range);
    }
    const current = this.#current;
    if (current?.round === 0 && isShort(current.message)) current.isAnswered = true;
    this.#fill();
  }

  onVerdict({ transfer, result, credit }: VerdictFrame): void {
    this.#tellDone(transfer);
    this.#credit = Math.max(this.#credit, credit);
    const current = this.#current;
    if (current?.number === transfer) {
      this.#current = undefined;
      this.#inFlight.clear();
      if (result === 0) current.resolve();
      else current.reject(new Refused(result));
    }
    this.#begin();
  }

  onPong(credit: number): void {
    this.#credit = Math.max(this.#credit, credit);
    this.#begin();
  }

  /** The session is over; what was not accepted may be offered again in the next one. */
  end(why: Error): void {
    this.#cancel();
    for (const { reject } of [...(this.#current ? [this.#current] : []), ...this.#jobs.splice(0)]) reject(why);
    this.#current = undefined;
  }

  #begin(): void {
    const [job] = this.#jobs;
    if (this.#current !== undefined || job === undefined) return;
    if (this.#offeredBytes + job.message.length > this.#credit) {
      this.#options.transmit({ type: 'ping', session: this.#options.session });
      this.#later(ASK_AGAIN_MS, () => this.#begin());
      return;
    }
    this.#jobs.shift();
    this.#offeredBytes += job.message.length;
    const number = this.#transfers++;
    const todo = isShort(job.message) ? [{ start: 0, end: job.message.length }] : [];
    this.#current = { ...job, number, round: 0, isAnswered: false, told: [], missing: [], todo, asked: 0 };
    this.#offer(this.#current);
    this.#fill();
  }

  #offer({ number, round, message }: Transfer): void {
    this.#options.transmit({
      type: 'offer',
      session: this.#options.session,
      transfer: number,
      round,
      form: FORM_AS_IT_IS,
      length: message.length,
      crc: crc32c(message),
      hash: createHash('sha256').update(message).digest(),
    });
  }

  /** Sends what is to be sent as far as there is room, and plans what to do should nothing come of it. */
  #fill(): void {
    const current = this.#current;
    if (current === undefined) return;
    while (this.#inFlight.size < MAX_IN_FLIGHT) {
      const range = current.todo.shift();
      if (range === undefined) break;
      this.#sendData(current, range);
    }
    if (this.#inFlight.size > 0) this.#later(ACK_TIMEOUT_MS, () => this.#loseAll());
    else this.#later(Math.min(ASK_RAREST_MS, ASK_AGAIN_MS * 2 ** current.asked), () => this.#ask());
  }

  #sendData(current: Transfer, { start, end }: Range): void {
    const cut = Math.min(end, start + this.#options.longestFrame - MAX_DATA_HEADER_BYTES);
    if (cut < end) current.todo.unshift({ start: cut, end });
    const packet = this.#packets++;
    this.#inFlight.set(packet, { start, end: cut });
    this.#options.transmit({
      type: 'data',
      slot: current.number % 64,
      packet: { low: packet % 256, modulo: 256 },
      offset: start,
      bytes: current.message.subarray(start, cut),
    });
    this.dataBytes += cut - start;
  }

  #lose(packet: number, range: Range): void {
    this.#inFlight.delete(packet);
    this.#current?.todo.unshift(range);
  }

  #loseAll(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (current.asked++ >= 3) {
      // Nothing is acknowledged any more: what the peer has is asked instead of guessed.
      this.#inFlight.clear();
      this.#ask();
      return;
    }
    for (const [packet, range] of [...this.#inFlight].reverse()) this.#lose(packet, range);
    this.#fill();
  }

  /** An offer that was not answered is repeated; otherwise the next round asks what is there, or for the verdict. */
  #ask(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (current.isAnswered) {
      current.round = (current.round + 1) % 256;
      current.isAnswered = false;
      current.told = [];
      current.missing = [];
      current.todo = [];
    }
    current.asked++;
    this.#offer(current);
    this.#fill();
  }

  #tellDone(transfer: number): void {
    this.#options.transmit({ type: 'done', session: this.#options.session, transfer });
  }

  #later(ms: number, run: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, run);
  }
}

/** Type and slot, one byte of the packet number, and an offset in messages of less than 256 MiB. */
const MAX_DATA_HEADER_BYTES = 1 + 1 + 4;

function isShort(message: Uint8Array): boolean {
  return message.length <= SHORT_BYTES;
}

/** The number that is `low` modulo `modulo` and lies nearest to the expected one. */
export function nearest(low: number, expected: number, modulo: number): number {
  const base = expected - (expected % modulo) + low;
  return [base - modulo, base, base + modulo].reduce((best, number) =>
    number >= 0 && Math.abs(number - expected) < Math.abs(best - expected) ? number : best,
  );
}
