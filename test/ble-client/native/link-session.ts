import type { Clock } from './clock.js';
import { type Frame, type Hello, readFrame, writeFrame } from './frames.js';
import { Incoming, type Memory } from './incoming.js';
import { Outgoing } from './outgoing.js';

/* A session of whoever dials (link.md, "Opening: hello" and "Silence and goodbye"). */

const VERSION = 1;
const HELLO_FIRST_MS = 500;
const HELLO_RAREST_MS = 5000;
const LOOK_EVERY_MS = 5000;
const PING_AFTER_MS = 15_000;
const GONE_AFTER_MS = 45_000;

interface SessionOptions {
  readonly clock: Clock;
  readonly nonce: number;
  readonly stationId: Uint8Array;
  /** Longest frame that the link carries. */
  readonly longestFrame: number;
  readonly longestMessage: number;
  readonly memory: Memory;
  readonly transmit: (frame: Uint8Array) => void;
  readonly onMessage: (message: Uint8Array) => void;
}

export class LinkSession {
  /** The peer's hello. Rejects when the session ends before it. */
  readonly opened: Promise<Hello>;
  readonly #options: SessionOptions;
  #onOpened: (hello: Hello) => void = () => {};
  #onFailed: (error: Error) => void = () => {};
  #peerNonce = 0;
  #outgoing: Outgoing | undefined;
  #incoming: Incoming | undefined;
  #heardAtMs: number;
  #isOver = false;
  #cancel = () => {};

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve;
      this.#onFailed = reject;
    });
    this.opened.catch(() => {}); // whoever does not wait for it sees it end
    this.#sayHello(HELLO_FIRST_MS);
  }

  get session(): number {
    return (this.#options.nonce ^ this.#peerNonce) >>> 0;
  }

  /** Bytes of messages that were sent, with all repetitions. */
  get dataBytes(): number {
    return this.#outgoing?.dataBytes ?? 0;
  }

  /** Resolves when the peer has accepted the message. */
  async send(message: Uint8Array): Promise<void> {
    await this.opened;
    if (this.#isOver || this.#outgoing === undefined) throw new Error('the session is over');
    await this.#outgoing.send(message);
  }

  receive(octets: Uint8Array): void {
    const frame = readFrame(octets);
    if (frame === undefined || this.#isOver) return;
    if (frame.type === 'hello') this.#onHello(frame);
    else if (this.#outgoing !== undefined && this.#incoming !== undefined) {
      if ('session' in frame && frame.session !== this.session) return;
      this.#heardAtMs = this.#options.clock.now();
      this.#onFrame(frame, this.#outgoing, this.#incoming);
    }
  }

  /** Says goodbye; whether the peer hears it does not matter on a connection that is closed next. */
  goodbye(): void {
    if (this.#outgoing !== undefined) this.#transmit({ type: 'goodbye', session: this.session, isAnswer: false });
    this.end(new Error('goodbye was said'));
  }

  /** The connection is gone, or the peer is. */
  end(why: Error): void {
    this.#isOver = true;
    this.#cancel();
    this.#outgoing?.end(why);
    this.#incoming?.end();
    this.#onFailed(why);
  }

  #onHello(hello: Hello): void {
    const { nonce, longestFrame, longestMessage, clock, memory, onMessage } = this.#options;
    if (hello.nonce === nonce) return; // our own, on a line that leads back
    this.#heardAtMs = clock.now();
    const isNew = hello.nonce !== this.#peerNonce;
    if (isNew && this.#outgoing !== undefined && hello.echo === nonce) {
      this.end(new Error('the peer was restarted'));
      return;
    }
    if (this.#outgoing === undefined) this.#peerNonce = hello.nonce;
    if (hello.wantsAnswer) this.#transmit(this.#hello(false, hello.nonce));
    if (hello.echo !== nonce || this.#outgoing !== undefined) return;
    const about = {
      clock,
      session: this.session,
      longestFrame: Math.min(longestFrame, hello.longestFrame),
      transmit: (frame: Frame) => this.#transmit(frame),
    };
    this.#outgoing = new Outgoing({ ...about, credit: hello.credit });
    this.#incoming = new Incoming({ ...about, longestMessage, credit: 2 * longestMessage, memory, onMessage });
    this.#onOpened(hello);
    this.#watch();
  }

  #onFrame(frame: Exclude<Frame, Hello>, outgoing: Outgoing, incoming: Incoming): void {
    switch (frame.type) {
      case 'data':
        incoming.onData(frame);
        break;
      case 'ack':
        outgoing.onAck(frame);
        break;
      case 'offer':
        incoming.onOffer(frame);
        break;
      case 'have':
        outgoing.onHave(frame);
        break;
      case 'verdict':
        outgoing.onVerdict(frame);
        break;
      case 'done':
        incoming.onDone(frame.transfer);
        break;
      case 'ping':
        this.#transmit({ type: 'pong', session: this.session, credit: incoming.credit });
        break;
      case 'pong':
        outgoing.onPong(frame.credit);
        break;
      case 'goodbye':
        if (!frame.isAnswer) this.#transmit({ type: 'goodbye', session: this.session, isAnswer: true });
        this.end(new Error('the peer said goodbye'));
    }
  }

  #sayHello(againMs: number): void {
    this.#transmit(this.#hello(true, this.#peerNonce));
    this.#cancel = this.#options.clock.after(againMs, () => this.#sayHello(Math.min(HELLO_RAREST_MS, 2 * againMs)));
  }

  #hello(wantsAnswer: boolean, echo: number): Hello {
    const { nonce, longestFrame, longestMessage, stationId } = this.#options;
    const limits = { longestFrame, longestMessage, credit: 2 * longestMessage, features: 0 };
    return { type: 'hello', version: VERSION, wantsAnswer, nonce, echo, ...limits, stationId };
  }

  #watch(): void {
    this.#cancel();
    const silentMs = this.#options.clock.now() - this.#heardAtMs;
    if (silentMs >= GONE_AFTER_MS) {
      this.end(new Error('the peer is silent'));
      return;
    }
    if (silentMs >= PING_AFTER_MS) this.#transmit({ type: 'ping', session: this.session });
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => this.#watch());
  }

  #transmit(frame: Frame): void {
    this.#options.transmit(writeFrame(frame));
  }
}
