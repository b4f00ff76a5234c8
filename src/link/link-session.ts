import { isWaypostError, WaypostError } from '../core/errors.js';
import { Slots } from '../core/slots.js';
import { type Resolvers, withResolvers } from '../core/with-resolvers.js';
import { crc32c } from './crc32c.js';
import { IncomingMessages } from './incoming-messages.js';
import type { Link } from './link.js';
import type { LinkSessionContext, ReceivedMessage } from './link-context.js';
import { FEATURES, FORMS, type HelloFrame, MAX_FRAME_BYTES, RESULTS, type VerdictFrame } from './session/frames.js';
import type { Succession } from './session/handshake.js';
import { Session, type SessionEnd } from './session/session.js';

interface LinkSessionOptions {
  readonly link: Link;
  readonly isActive: boolean;
  readonly follows?: Succession | undefined;
  readonly onMessage: (message: ReceivedMessage) => void;
}

export type LinkSessionEnd = SessionEnd | { readonly reason: 'link' };

/** Messages that wait to be sent beyond those that are under way; further ones wait uncopied. */
const MAX_WAITING = 128;
/** While the link takes nothing, time goes on all the same. */
const STUCK_TICK_MS = 1000;

/** A session on a link, with timers: frames are moved, partial messages stored, promises kept. */
export class LinkSession {
  /** Resolves with the peer's hello; rejects with ERR_NETWORK (retryable) when the session ends before it came. */
  readonly established: Promise<HelloFrame>;
  readonly ended: Promise<LinkSessionEnd>;
  readonly #context: LinkSessionContext;
  readonly #link: Link;
  readonly #session: Session;
  readonly #incoming: IncomingMessages;
  readonly #established = withResolvers<HelloFrame>();
  readonly #ended = withResolvers<LinkSessionEnd>();
  readonly #sending = new Map<number, Resolvers<void>>();
  readonly #room = new Slots(MAX_WAITING);
  /** Frees a link that does not take the frame it was given. */
  readonly #stuck = new AbortController();
  #nextId = 0;
  #isPumping = false;
  #isOver = false;
  #cancelTimer: () => void = () => undefined;

  constructor(context: LinkSessionContext, { link, isActive, follows, onMessage }: LinkSessionOptions) {
    this.#context = context;
    this.#link = link;
    this.established = this.#established.promise;
    this.ended = this.#ended.promise;
    this.established.catch(() => undefined); // whoever does not dial does not wait for it
    this.#incoming = new IncomingMessages(context, link.remoteAddress, onMessage, () => this.#pump());
    const { pace } = link;
    this.#session = new Session(
      {
        nonce: follows?.nonce ?? 1 + Math.floor(context.random() * 0xffff_ffff),
        stationId: context.stationId,
        features: context.transform === undefined ? 0 : FEATURES.compactEnvelope,
        medium: {
          mtuBytes: Math.min(MAX_FRAME_BYTES, link.mtuBytes),
          frameOverheadBytes: pace?.frameOverheadBytes ?? 0,
          bytesPerSecond: pace?.bytesPerSecond,
          latencyMs: pace?.latencyMs,
        },
        limits: context.limits,
        sha256: context.sha256,
        isActive,
        follows,
        handler: {
          onEstablished: (peer) => {
            this.#incoming.begin(this.#session, peer);
            this.#established.resolve(peer);
            context.onPeer?.({ stationId: peer.stationId, isActive, ended: this.ended });
          },
          onOffer: (offer) => this.#incoming.onOffer(offer),
          onMessage: (offer, bytes) => this.#incoming.onMessage(offer, bytes),
          onOver: (offer, outcome) => this.#incoming.onOver(offer, outcome),
          onUnconfirmed: (offer, outcome) => this.#incoming.onUnconfirmed(offer, outcome),
          onVerdict: (id, verdict) => this.#onVerdict(id, verdict),
          onEnd: (end) => this.#end(end),
        },
      },
      context.now(),
    );
    this.#pump();
  }

  /** For metrics. */
  get state(): Readonly<Session['counters'] & Session['measured']> {
    return { ...this.#session.counters, ...this.#session.measured };
  }

  /**
   * A frame came from the link. Where a promise is returned, no more is to be read before it resolves: what came has to
   * be written first.
   */
  receive(frame: Uint8Array): Promise<void> | undefined {
    this.#session.receive(frame, this.#context.now());
    this.#pump();
    return this.#incoming.saveIfDue();
  }

  /** The link is gone. */
  linkEnded(): void {
    this.#end({ reason: 'link' });
    this.#session.abandon();
  }

  /**
   * Sends a message; resolves when the peer has accepted it. Throws ERR_REFUSED as the peer says, ERR_CHANNEL_CLOSED
   * (retryable) when the session ends before that, or the signal's reason.
   */
  async send(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    await this.#room.take();
    try {
      signal?.throwIfAborted();
      if (this.#isOver) throw closed();
      const compact = this.#session.features === 0 ? undefined : this.#context.transform?.encode(bytes);
      const travelling = compact ?? bytes.slice();
      const form = compact === undefined ? FORMS.raw : FORMS.compactEnvelope;
      const message = { bytes: travelling, form, crc: crc32c(travelling), hash: this.#context.sha256(travelling) };
      const id = this.#nextId++;
      const verdict = withResolvers<void>();
      this.#sending.set(id, verdict);
      const cancel = () => {
        this.#session.cancel(id);
        this.#pump();
        verdict.reject(signal?.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#session.send(id, message);
      this.#pump();
      try {
        await verdict.promise;
      } finally {
        signal?.removeEventListener('abort', cancel);
        this.#sending.delete(id);
      }
    } finally {
      this.#room.giveBack();
    }
  }

  /** Says goodbye. Resolves when the peer has heard it, or `closeTimeoutMs` have gone by; what is being sent fails at once. */
  async close(): Promise<void> {
    this.#failSending();
    this.#session.close(this.#context.now());
    const cancel = this.#context.scheduler.after(this.#context.closeTimeoutMs, () => this.#session.abandon());
    this.#pump();
    await this.ended;
    cancel();
    await this.#incoming.saved;
  }

  /** Gives the link what it takes. Only one of these runs at a time. */
  #pump(): void {
    if (!this.#isPumping) void this.#sendFrames();
    this.#plan();
  }

  async #sendFrames(): Promise<void> {
    this.#isPumping = true;
    try {
      await undefined; // the session may be in the middle of something, and has called us back
      for (;;) {
        const frame = this.#session.nextFrame(this.#context.now());
        if (frame === undefined) break;
        await this.#link.send(frame, { signal: this.#stuck.signal });
      }
    } catch (error) {
      if (!isWaypostError(error, 'ERR_CHANNEL_CLOSED') && !this.#stuck.signal.aborted) {
        this.#context.logger.warn('link.send-failed', { link: this.#link.remoteAddress, message: String(error) });
      }
      this.linkEnded();
    } finally {
      this.#isPumping = false;
    }
    this.#plan();
  }

  #plan(): void {
    this.#cancelTimer();
    if (this.#isOver) return;
    const { scheduler, now } = this.#context;
    const dueMs = this.#session.timeoutAtMs - now();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(dueMs, this.#isPumping ? STUCK_TICK_MS : 0);
    this.#cancelTimer = scheduler.after(delayMs, () => {
      this.#session.tick(now());
      this.#pump();
    });
  }

  #onVerdict(id: number, { result, retryAfterSeconds }: VerdictFrame): void {
    const sending = this.#sending.get(id);
    if (sending === undefined) return;
    if (result === RESULTS.accepted) sending.resolve();
    else sending.reject(refusal(result, retryAfterSeconds));
  }

  #end(end: LinkSessionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    if (end.reason === 'silent') this.#stuck.abort(closed());
    this.#failSending();
    this.#established.reject(
      new WaypostError('ERR_NETWORK', 'the link ended before anybody answered', { retryable: true }),
    );
    const { reason } = end;
    const { ignoredFrames, damagedMessages } = this.#session.counters;
    const link = this.#link.remoteAddress;
    this.#context.logger.debug('link.session-ended', { link, reason, ignoredFrames, damagedMessages });
    this.#ended.resolve(end);
  }

  #failSending(): void {
    for (const { reject } of this.#sending.values()) reject(closed());
  }
}

function closed(): WaypostError {
  return new WaypostError('ERR_CHANNEL_CLOSED', 'the session on the link is over', { retryable: true });
}

const REFUSALS: ReadonlyMap<number, { readonly why: string; readonly retryable: boolean }> = new Map([
  [RESULTS.refused, { why: 'it does not take this message', retryable: false }],
  [RESULTS.refusedForNow, { why: 'it cannot take it now', retryable: true }],
  [RESULTS.tooLarge, { why: 'the message is too large for it', retryable: false }],
  [RESULTS.noRoom, { why: 'it has no room for what is arriving', retryable: true }],
  [RESULTS.damaged, { why: 'what arrived there was damaged, twice', retryable: true }],
  [RESULTS.stalled, { why: 'nothing arrived there for too long', retryable: true }],
]);

function refusal(result: number, retryAfterSeconds: number): WaypostError {
  const { why, retryable } = REFUSALS.get(result) ?? { why: `result ${result}`, retryable: false };
  const retryAfterMs = retryAfterSeconds > 0 ? retryAfterSeconds * 1000 : undefined;
  return new WaypostError('ERR_REFUSED', `the peer refused: ${why}`, { retryable, retryAfterMs });
}
