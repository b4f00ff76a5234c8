import { createHash } from 'node:crypto';
import { crc32c } from '../../src/link/crc32c.js';
import { MemoryAssembly } from '../../src/link/session/assembly.js';
import type { HelloFrame, OfferFrame, VerdictFrame } from '../../src/link/session/frames.js';
import { RESULTS } from '../../src/link/session/frames.js';
import type { Medium } from '../../src/link/session/sender.js';
import { Session, type SessionEnd, type SessionHandler, type SessionLimits } from '../../src/link/session/session.js';

/*
 * Sessions on a clock that jumps from event to event, over whatever carries their frames. Nothing here waits.
 */

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

export const TEST_LIMITS: SessionLimits = {
  maxMessageBytes: 1024 * 1024,
  creditBytes: 2 * 1024 * 1024 + 65_536,
  keepaliveMs: 15_000,
  deadAfterMs: 45_000,
  stallMs: 600_000,
};

/** What happens when: events in the order of their times, those of one time in the order in which they were planned. */
export class Timeline {
  nowMs = 0;
  readonly #events: { readonly atMs: number; readonly run: () => void }[] = [];

  at(atMs: number, run: () => void): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.atMs ?? 0) <= atMs) high = middle;
      else low = middle + 1;
    }
    this.#events.splice(low, 0, { atMs: Math.max(atMs, this.nowMs), run });
  }

  /** Lets events happen until `isDone`, or until `limitMs`. Whether it is done. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    while (!isDone()) {
      const next = this.#events.pop();
      if (next === undefined || next.atMs > limitMs) {
        if (next !== undefined) this.#events.push(next);
        this.nowMs = Math.max(this.nowMs, limitMs);
        return isDone();
      }
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    return true;
  }
}

/** Takes a frame and says when it takes the next; calls `deliver` for what arrives. */
export type Carrier = (frame: Uint8Array, nowMs: number, deliver: (frame: Uint8Array, atMs: number) => void) => number;

interface StationOptions {
  readonly timeline: Timeline;
  readonly carrier: Carrier;
  readonly medium: Medium;
  readonly nonce: number;
  readonly isActive: boolean;
  readonly follows?: HelloFrame | undefined;
  readonly limits?: SessionLimits;
  readonly handler?: Partial<SessionHandler>;
}

/** One side: a session, and what came of it. It accepts every message at once. */
export class SimulatedStation {
  readonly session: Session;
  readonly received: Uint8Array[] = [];
  readonly verdicts = new Map<number, VerdictFrame>();
  peer: { hear(frame: Uint8Array): void } | undefined;
  isEstablished = false;
  end: SessionEnd | undefined;
  sentFrames = 0;
  readonly #options: StationOptions;
  #busyUntilMs = 0;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #isPumping = false;

  constructor(options: StationOptions) {
    this.#options = options;
    const { timeline, handler, medium, nonce, isActive, follows, limits = TEST_LIMITS } = options;
    const { received, verdicts } = this;
    this.session = new Session(
      {
        nonce,
        stationId: new Uint8Array(16).fill(nonce),
        features: 0,
        medium,
        limits,
        sha256,
        isActive,
        peer: follows,
        handler: {
          onEstablished: () => {
            this.isEstablished = true;
          },
          onOffer: (offer: OfferFrame) => {
            this.session.admit(offer.transfer, new MemoryAssembly(offer.lengthBytes), timeline.nowMs);
          },
          onMessage: (offer, bytes) => {
            received.push(bytes);
            this.session.settle(offer.transfer, { result: RESULTS.accepted, retryAfterSeconds: 0 }, timeline.nowMs);
          },
          onOver: () => undefined,
          onUnconfirmed: () => undefined,
          onVerdict: (id, verdict) => {
            verdicts.set(id, verdict);
          },
          onEnd: (end) => {
            this.end = end;
          },
          ...handler,
        },
      },
      timeline.nowMs,
    );
  }

  /** A frame arrives. */
  hear(frame: Uint8Array): void {
    this.session.receive(frame, this.#options.timeline.nowMs);
    this.pump();
  }

  send(id: number, bytes: Uint8Array): void {
    this.session.send(id, { bytes, form: 0, crc: crc32c(bytes), hash: sha256(bytes) });
    this.pump();
  }

  /** Sends what there is to send while the link takes it, and plans the next time. */
  pump(): void {
    const { timeline, carrier } = this.#options;
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (timeline.nowMs >= this.#busyUntilMs) {
      const frame = this.session.nextFrame(timeline.nowMs);
      if (frame === undefined) break;
      this.sentFrames++;
      this.#busyUntilMs = carrier(frame, timeline.nowMs, (arrived, atMs) => {
        timeline.at(atMs, () => {
          this.peer?.hear(arrived);
        });
      });
    }
    this.#isPumping = false;
    this.#planNext();
  }

  #planNext(): void {
    const { timeline } = this.#options;
    const atMs = timeline.nowMs < this.#busyUntilMs ? this.#busyUntilMs : this.session.timeoutAtMs;
    if (atMs >= this.#wakesAtMs && this.#wakesAtMs > timeline.nowMs) return;
    this.#wakesAtMs = atMs;
    timeline.at(atMs, () => {
      if (this.#wakesAtMs <= timeline.nowMs) this.#wakesAtMs = Number.POSITIVE_INFINITY;
      this.pump();
    });
  }
}

/** Two stations that hear each other. */
export function connect(a: SimulatedStation, b: SimulatedStation): void {
  a.peer = b;
  b.peer = a;
  a.pump();
  b.pump();
}
