import { connect, createServer, type Server, type Socket } from 'node:net';
import { type ByteRange, RangeSet } from '../../src/link/ranges.js';
import { decodeFrame } from '../../src/link/session/frame-codec.js';
import type { AckFrame, DataFrame, HaveFrame } from '../../src/link/session/frames.js';
import { FrameParser, framed } from './socket-links.js';

/**
 * Stands between two processes, hands on what they say, cuts them off, and keeps the books of the one message that is
 * sent through it: what was acknowledged, what the receiver said it holds, and what was sent although it was held.
 */
export class LinkRelay {
  /** What the receiver acknowledged, or said that it holds. It may only grow, except by what a kill costs. */
  readonly received = new RangeSet();
  /** Acknowledged before this session, and missing from what the receiver then said that it holds. */
  forgottenBytes = 0;
  /** Sent although the receiver had said in this session that it holds it. */
  sentAgainBytes = 0;
  sentBytes = 0;
  sessions = 0;
  #onData: () => void = () => undefined;
  readonly #receiverPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: number, receiverPort: number) {
    this.#receiverPort = receiverPort;
    this.#server = createServer((socket) => this.#join(socket)).listen(port, '127.0.0.1');
  }

  /** Runs `act` in the moment in which so many bytes have passed, before any further one does. */
  reaches(sentBytes: number, act: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#onData = () => {
        if (this.sentBytes < sentBytes) return;
        this.#onData = () => undefined;
        act();
        resolve();
      };
    });
  }

  /** Data has passed. */
  count(bytes: number): void {
    this.sentBytes += bytes;
    this.#onData();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(sender: Socket): void {
    const receiver = connect(this.#receiverPort, '127.0.0.1');
    const books = new SessionBooks(this);
    this.sessions++;
    for (const [from, to, see] of [
      [sender, receiver, (frame: Uint8Array) => books.fromSender(frame)],
      [receiver, sender, (frame: Uint8Array) => books.fromReceiver(frame)],
    ] as const) {
      const parser = new FrameParser();
      this.#sockets.add(from);
      from.setNoDelay();
      from.on('data', (chunk) => {
        for (const frame of parser.push(chunk)) {
          see(frame);
          if (from.destroyed || to.destroyed) return;
          to.write(framed(frame));
        }
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

/** What passes within one session. */
class SessionBooks {
  readonly #relay: LinkRelay;
  readonly #sent: ByteRange[] = [];
  readonly #held = new RangeSet();

  constructor(relay: LinkRelay) {
    this.#relay = relay;
  }

  fromSender(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame?.kind === 'data') this.#data(frame);
  }

  fromReceiver(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame?.kind === 'ack') this.#ack(frame);
    if (frame?.kind === 'have' && frame.round === 0) this.#have(frame);
  }

  #data({ offset, bytes }: DataFrame): void {
    const relay = this.#relay;
    const range = { start: offset, end: offset + bytes.length };
    this.#sent.push(range); // the packet number is the index: nothing is lost on the way here
    relay.sentAgainBytes += overlap(this.#held, range);
    relay.count(bytes.length);
  }

  #ack({ largest, bitmap }: AckFrame): void {
    for (let i = -1; i < 8 * bitmap.length; i++) {
      if (i >= 0 && ((bitmap[i >> 3] ?? 0) & (1 << (i & 7))) === 0) continue;
      const range = this.#sent[largest - 1 - i];
      if (range !== undefined) this.#relay.received.add(range.start, range.end);
    }
  }

  #have({ from, to, held }: HaveFrame): void {
    const there = new RangeSet(held);
    for (const missing of there.gaps(from, to)) this.#relay.forgottenBytes += overlap(this.#relay.received, missing);
    for (const { start, end } of there) {
      this.#held.add(start, end);
      this.#relay.received.add(start, end);
    }
  }
}

function overlap(ranges: RangeSet, { start, end }: ByteRange): number {
  return ranges.gaps(start, end).reduce((rest, gap) => rest - (gap.end - gap.start), end - start);
}
