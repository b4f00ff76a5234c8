import { crc32c } from '../crc32c.js';
import { decodeFrame, encodeFrame } from './frame-codec.js';
import { type Frame, type HelloFrame, MIN_FRAME_BYTES, type OfferFrame, type VerdictFrame } from './frames.js';
import { Handshake, type Self, type Succession } from './handshake.js';
import type { Assembly, Outcome } from './incoming.js';
import type { OutgoingMessage } from './outgoing.js';
import { Receiver } from './receiver.js';
import { type Medium, Sender } from './sender.js';

/*
 * One session between two stations, as a state machine without clock, timers or I/O. Frames and the time go in; frames
 * come out one by one when there is room for them on the link, so that what is sent next is decided at the last moment
 * and nothing queues below.
 */

/** What a session takes, and how long it waits. */
export interface SessionLimits {
  /** The longest message that is taken. */
  readonly maxMessageBytes: number;
  /** Bytes of messages, whole lengths, that the peer may have under way to us. At least `maxMessageBytes`. */
  readonly creditBytes: number;
  /** A peer that was not heard for so long is asked whether it is there. */
  readonly keepaliveMs: number;
  /** And is taken for gone after so long. */
  readonly deadAfterMs: number;
  /** A message that nothing more comes of is given up after so long. */
  readonly stallMs: number;
}

interface SessionOptions extends Pick<Self, 'nonce' | 'stationId' | 'features'> {
  readonly medium: Medium;
  readonly limits: SessionLimits;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Says hello by itself, instead of waiting for somebody. */
  readonly isActive: boolean;
  /** When this session follows one that ended because the peer restarted; `nonce` is then the one of that. */
  readonly follows?: Succession | undefined;
  readonly handler: SessionHandler;
}

/** Why a session is over. `restarted`: the peer began another one. */
export type SessionEnd =
  | { readonly reason: 'closed' | 'peer-closed' | 'silent' }
  | { readonly reason: 'restarted'; readonly next: Succession };

/** What a session tells. It may be called from within any method of the session. */
export interface SessionHandler {
  onEstablished(peer: HelloFrame): void;
  /** A message is announced: answer, now or later, with `admit` or `settle`. */
  onOffer(offer: OfferFrame): void;
  /** A message is whole and has the hash that was announced: answer with `settle`. */
  onMessage(offer: OfferFrame, bytes: Uint8Array): void;
  /** Nothing more will be written to the assembly of a message. `outcome` is undefined when the peer, or the session, ended it. */
  onOver(offer: OfferFrame, outcome: Outcome | undefined): void;
  /** The session ended before the peer said that it knows the outcome: it may offer the message again. */
  onUnconfirmed(offer: OfferFrame, outcome: Outcome): void;
  /** The peer has said what became of the message that was sent as `id`. */
  onVerdict(id: number, verdict: VerdictFrame): void;
  /** Once, and last. */
  onEnd(end: SessionEnd): void;
}

/** For metrics. */
interface SessionCounters {
  /** Frames that are none, of no known kind, or of another session. */
  ignoredFrames: number;
  /** Messages that were whole and had another hash than announced. */
  damagedMessages: number;
}

const GOODBYES = 4;

export class Session {
  readonly counters: SessionCounters = { ignoredFrames: 0, damagedMessages: 0 };
  readonly #options: SessionOptions;
  readonly #handshake: Handshake;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #heardAtMs: number;
  #pingedAtMs: number;
  #owesPong = false;
  #isOpen = false;
  #isClosing = false;
  #isEnded = false;
  /** What is said of the end: as often as it takes by who closes, once by who hears it. */
  #goodbyes = 0;
  #goodbyeAtMs = Number.POSITIVE_INFINITY;
  #farewell: Frame | undefined;

  constructor(options: SessionOptions, nowMs: number) {
    this.#options = options;
    const { medium, limits, handler } = options;
    const self: Self = {
      nonce: options.nonce,
      stationId: options.stationId,
      features: options.features,
      limits: {
        frameBytes: medium.mtuBytes,
        maxMessageBytes: limits.maxMessageBytes,
        creditBytes: limits.creditBytes,
      },
    };
    this.#handshake = new Handshake(self, options.isActive, options.follows, nowMs);
    this.#sender = new Sender({ medium, onVerdict: (id, verdict) => handler.onVerdict(id, verdict) });
    this.#receiver = new Receiver(limits, {
      onOffer: (offer) => handler.onOffer(offer),
      isIntact: (offer, bytes) => this.#isIntact(offer, bytes),
      onMessage: (offer, bytes) => handler.onMessage(offer, bytes),
      onOver: (offer, outcome) => handler.onOver(offer, outcome),
      onUnconfirmed: (offer, outcome) => handler.onUnconfirmed(offer, outcome),
    });
    this.#heardAtMs = nowMs;
    this.#pingedAtMs = nowMs;
  }

  /** What both sides can do; 0 before the session is established. */
  get features(): number {
    return this.#handshake.isEstablished ? this.#handshake.features : 0;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** For metrics: what was learnt of the link. */
  get measured(): { readonly rttMs: number; readonly byteErrorRate: number } {
    return { rttMs: this.#sender.rttMs, byteErrorRate: this.#sender.errorRate };
  }

  /** Puts a message in line; `id` is what `onVerdict` will call it. Its bytes are not copied. */
  send(id: number, message: OutgoingMessage): void {
    if (!this.#isClosing) this.#sender.add(id, message);
  }

  cancel(id: number): void {
    this.#sender.cancel(id);
  }

  admit(transfer: number, assembly: Assembly, nowMs: number): boolean {
    return !this.#isEnded && this.#receiver.admit(transfer, assembly, nowMs);
  }

  /** False when the peer will not learn of it. */
  settle(transfer: number, outcome: Outcome, nowMs: number): boolean {
    return !this.#isEnded && !this.#isClosing && this.#receiver.settle(transfer, outcome, nowMs);
  }

  /** Ends the session: nothing more is taken, what was settled is told, and goodbye is said until it is answered. */
  close(nowMs: number): void {
    if (this.#isClosing || this.#isEnded) return;
    this.#isClosing = true;
    if (this.#handshake.isEstablished) this.#goodbyeAtMs = nowMs;
    else this.#end({ reason: 'closed' });
  }

  /** The medium is gone, or the caller cannot wait: ends it without a word. */
  abandon(): void {
    this.#end({ reason: 'closed' });
  }

  /** A frame came. */
  receive(bytes: Uint8Array, nowMs: number): void {
    if (this.#isEnded) return;
    const frame = decodeFrame(bytes);
    const isUsed =
      frame !== undefined && (frame.kind === 'hello' ? this.#hello(frame, nowMs) : this.#use(frame, nowMs));
    if (isUsed) this.#heardAtMs = nowMs;
    else this.counters.ignoredFrames++;
    this.#open();
  }

  /** The next frame to send; undefined when there is none now. To be asked again at {@link timeoutAtMs}, and whenever something happened. */
  nextFrame(nowMs: number): Uint8Array | undefined {
    this.tick(nowMs);
    const frame = this.#choose(nowMs);
    return frame === undefined ? undefined : encodeFrame(frame);
  }

  get timeoutAtMs(): number {
    if (this.#isEnded) return Number.POSITIVE_INFINITY;
    const { dueAtMs, isEstablished } = this.#handshake;
    if (!isEstablished) return dueAtMs;
    const { keepaliveMs, deadAfterMs } = this.#options.limits;
    const othersAtMs = Math.min(dueAtMs, this.#heardAtMs + deadAfterMs, this.#receiver.timeoutAtMs);
    // Whoever says goodbye does not ping: a moment that is due and leads to nothing would be due for ever.
    if (this.#isClosing) return Math.min(othersAtMs, this.#goodbyeAtMs);
    const pingAtMs = Math.max(this.#heardAtMs, this.#pingedAtMs) + this.#pingEveryMs(keepaliveMs);
    return Math.min(othersAtMs, pingAtMs, this.#sender.timeoutAtMs);
  }

  #hello(hello: HelloFrame, nowMs: number): boolean {
    const news = this.#handshake.receive(hello, nowMs);
    if (typeof news === 'object') this.#end({ reason: 'restarted', next: news });
    else this.#sender.onRoundTrip(news, nowMs);
    return true;
  }

  /** Tells that the session is there, once. */
  #open(): void {
    const { isEstablished, peer } = this.#handshake;
    if (this.#isOpen || this.#isEnded || !isEstablished || peer === undefined) return;
    this.#isOpen = true;
    this.#sender.begin(peer.limits);
    this.#options.handler.onEstablished(peer);
  }

  #use(frame: Exclude<Frame, HelloFrame>, nowMs: number): boolean {
    if (frame.kind === 'ack' || frame.kind === 'data') {
      if (!this.#handshake.isEstablished) {
        this.#handshake.wakeUp(nowMs);
        return false;
      }
      if (frame.kind === 'ack') return this.#sender.onAck(frame, nowMs);
      if (!this.#isClosing) this.#receiver.onData(frame, nowMs);
      return true;
    }
    if (frame.kind === 'goodbye' && frame.session !== this.#handshake.session) {
      // Somebody says goodbye to a session that is over here already: the answer got lost.
      if (!frame.isAnswer) this.#farewell = { ...frame, isAnswer: true };
      return false;
    }
    if (!this.#handshake.isOurs(frame.session, nowMs)) return false;
    this.#open();
    this.#useOwn(frame, nowMs);
    return true;
  }

  #useOwn(frame: Exclude<Frame, { kind: 'hello' | 'ack' | 'data' }>, nowMs: number): void {
    switch (frame.kind) {
      case 'offer':
        if (!this.#isClosing) this.#receiver.onOffer(frame, nowMs);
        break;
      case 'have':
        this.#sender.onHave(frame, nowMs);
        break;
      case 'verdict':
        this.#sender.onVerdict(frame);
        break;
      case 'done':
        this.#sender.onRoundTrip(this.#receiver.onDone(frame.transfer, nowMs), nowMs);
        break;
      case 'ping':
        this.#owesPong = true;
        break;
      case 'pong':
        this.#sender.addCredit(frame.creditBytes);
        break;
      case 'goodbye':
        if (!frame.isAnswer) this.#farewell = { ...frame, isAnswer: true };
        this.#end({ reason: this.#isClosing ? 'closed' : 'peer-closed' });
        break;
    }
  }

  /** Lets time do what it does. {@link nextFrame} does it too; this is for when the link takes no frame. */
  tick(nowMs: number): void {
    this.#open();
    if (this.#isEnded) return;
    if (this.#handshake.isEstablished && nowMs >= this.#heardAtMs + this.#options.limits.deadAfterMs) {
      this.#end({ reason: 'silent' });
    } else if (this.#goodbyes >= GOODBYES && nowMs >= this.#goodbyeAtMs) {
      this.#end({ reason: 'closed' });
    } else {
      this.#receiver.tick(nowMs);
      if (!this.#isClosing && this.#isOpen) this.#sender.tick(nowMs);
    }
  }

  /** What the peer waits for first, then what we have to send. */
  #choose(nowMs: number): Frame | undefined {
    const farewell = this.#farewell;
    this.#farewell = undefined;
    if (farewell !== undefined || this.#isEnded) return farewell;
    if (nowMs >= this.#handshake.dueAtMs) return this.#handshake.takeHello(nowMs);
    const { session, isEstablished, peer } = this.#handshake;
    if (session === undefined || !isEstablished) return undefined;
    const frameBytes = Math.min(this.#options.medium.mtuBytes, peer?.limits.frameBytes ?? MIN_FRAME_BYTES);
    const { answerTimeoutMs } = this.#sender;
    const answer =
      this.#receiver.takeAck(nowMs) ??
      this.#receiver.takeVerdict(session, nowMs, answerTimeoutMs) ??
      this.#sender.takeDone(session) ??
      this.#pong(session) ??
      this.#receiver.takeHave(session, frameBytes);
    if (answer !== undefined) return answer;
    if (this.#isClosing) return this.#goodbye(session, nowMs);
    return this.#sender.takeOffer(session, nowMs) ?? this.#sender.takeData(nowMs) ?? this.#ping(session, nowMs);
  }

  #pong(session: number): Frame | undefined {
    const isNews = this.#receiver.takeCreditNews();
    if (!this.#owesPong && !isNews) return undefined;
    this.#owesPong = false;
    return { kind: 'pong', session, creditBytes: this.#receiver.creditBytes };
  }

  #ping(session: number, nowMs: number): Frame | undefined {
    const { keepaliveMs } = this.#options.limits;
    if (nowMs < Math.max(this.#heardAtMs, this.#pingedAtMs) + this.#pingEveryMs(keepaliveMs)) return undefined;
    this.#pingedAtMs = nowMs;
    return { kind: 'ping', session };
  }

  /** Who waits for credit asks more often: the frame that brought it may have been lost. */
  #pingEveryMs(keepaliveMs: number): number {
    const isUrgent = this.#isOpen && !this.#isClosing && this.#sender.isStarved;
    return isUrgent ? Math.min(keepaliveMs, 4 * this.#sender.answerTimeoutMs) : keepaliveMs;
  }

  #goodbye(session: number, nowMs: number): Frame | undefined {
    if (nowMs < this.#goodbyeAtMs) return undefined;
    this.#goodbyeAtMs = nowMs + this.#sender.answerTimeoutMs * 2 ** this.#goodbyes++;
    return { kind: 'goodbye', session, isAnswer: false };
  }

  #isIntact(offer: OfferFrame, bytes: Uint8Array): boolean {
    if (crc32c(bytes) === offer.crc) {
      const hash = this.#options.sha256(bytes);
      if (hash.length === offer.hash.length && hash.every((byte, i) => byte === offer.hash[i])) return true;
    }
    this.counters.damagedMessages++;
    return false;
  }

  #end(end: SessionEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#receiver.end();
    this.#options.handler.onEnd(end);
  }
}
