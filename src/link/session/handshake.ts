import { FEATURES, type HelloFrame, LINK_VERSION, type PeerLimits } from './frames.js';

/*
 * How two stations find out that they talk to each other, and with what limits. Both say hello with a random nonce and
 * the nonce that they heard; who hears its own nonce back knows that it was heard, now and not in an earlier session.
 */

/** What we say of ourselves. */
export interface Self {
  /** From 1 to 2^32 - 1, random. */
  readonly nonce: number;
  readonly stationId: Uint8Array;
  readonly limits: PeerLimits;
  readonly features: number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
const PASSIVE_HELLOS = 8;
/** A station that hears frames of a session it knows nothing of says so, this often. */
const WAKE_UP_EVERY_MS = 1000;

export class Handshake {
  readonly #self: Self;
  readonly #isActive: boolean;
  #peer: HelloFrame | undefined;
  #isEstablished = false;
  #dueAtMs: number;
  #retryMs = FIRST_RETRY_MS;
  #hellos = 0;
  #helloSentAtMs = 0;
  #wokeAtMs = Number.NEGATIVE_INFINITY;
  /** A nonce that somebody else said hello with, who may be the peer after a restart. */
  #challenged: number | undefined;

  /**
   * `isActive`: begins by itself; otherwise it waits until it hears something. `peer`: this session follows one that
   * ended because the peer restarted, with the hello that proved it.
   */
  constructor(self: Self, isActive: boolean, peer: HelloFrame | undefined, nowMs: number) {
    this.#self = self;
    this.#isActive = isActive;
    this.#peer = peer;
    this.#isEstablished = peer !== undefined;
    this.#dueAtMs = isActive || peer?.wantsAnswer === true ? nowMs : Number.POSITIVE_INFINITY;
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  get peer(): HelloFrame | undefined {
    return this.#peer;
  }

  /** What marks the frames of this session; undefined before the peer is known. */
  get session(): number | undefined {
    return this.#peer === undefined ? undefined : (this.#self.nonce ^ this.#peer.nonce) >>> 0;
  }

  /** What both sides can do. */
  get features(): number {
    return this.#self.features & (this.#peer?.features ?? 0) & FEATURES.compactEnvelope;
  }

  /** When a hello is to be sent. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /**
   * `restarted`: the peer is there, with another session than ours. A number: the hello answers ours, which left so many
   * milliseconds ago.
   */
  receive(hello: HelloFrame, nowMs: number): 'restarted' | number | undefined {
    const { nonce } = this.#self;
    if (hello.nonce === nonce) return undefined; // our own, on a line that leads back to us
    const knowsUs = hello.echo === nonce;
    if (!this.#isEstablished) {
      this.#peer = hello;
      this.#isEstablished = knowsUs;
      this.#retryMs = FIRST_RETRY_MS;
      if (!this.#isActive && !knowsUs) this.#hellos = 0;
      this.#dueAtMs = hello.wantsAnswer || !knowsUs ? nowMs : Number.POSITIVE_INFINITY;
      return knowsUs && this.#hellos === 1 ? nowMs - this.#helloSentAtMs : undefined;
    }
    if (hello.nonce === this.#peer?.nonce) {
      if (hello.wantsAnswer) this.#dueAtMs = nowMs;
      return undefined;
    }
    if (knowsUs) return 'restarted';
    // It may be a frame that was long on its way: the peer after a restart would answer with our nonce.
    this.#challenged = hello.nonce;
    this.#dueAtMs = nowMs;
    return undefined;
  }

  /** A frame came that carries the number of a session. Whether it is of this one. */
  isOurs(session: number, nowMs: number): boolean {
    if (session === this.session) {
      if (!this.#isEstablished) this.#dueAtMs = Number.POSITIVE_INFINITY;
      this.#isEstablished = true; // who knows both nonces has heard us
      return true;
    }
    this.wakeUp(nowMs);
    return false;
  }

  /** Something came that makes no sense here: let the peer know which session is ours, or that there is none yet. */
  wakeUp(nowMs: number): void {
    if (nowMs < this.#wokeAtMs + WAKE_UP_EVERY_MS) return;
    this.#wokeAtMs = nowMs;
    this.#dueAtMs = Math.min(this.#dueAtMs, nowMs);
  }

  /** Who waits does not go on calling somebody who was heard once. */
  #gaveUp(): boolean {
    return !this.#isActive && !this.#isEstablished && this.#hellos > PASSIVE_HELLOS;
  }

  /** The hello that is due. */
  takeHello(nowMs: number): HelloFrame {
    const challenged = this.#challenged;
    this.#challenged = undefined;
    this.#hellos++;
    this.#helloSentAtMs = nowMs;
    if (this.#gaveUp()) this.#peer = undefined;
    const isWaiting = !this.#isEstablished && (this.#isActive || this.#peer !== undefined);
    this.#dueAtMs = isWaiting ? nowMs + this.#retryMs : Number.POSITIVE_INFINITY;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
    return {
      kind: 'hello',
      version: LINK_VERSION,
      wantsAnswer: !this.#isEstablished || challenged !== undefined,
      nonce: this.#self.nonce,
      echo: challenged ?? this.#peer?.nonce ?? 0,
      limits: this.#self.limits,
      features: this.#self.features,
      stationId: this.#self.stationId,
    };
  }
}
