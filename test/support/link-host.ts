import { toHex } from '../../src/core/bytes.js';
import { MemoryAssembly } from '../../src/link/session/assembly.js';
import { EAGER_BYTES, type HelloFrame, type OfferFrame, RESULTS } from '../../src/link/session/frames.js';
import type { Outcome } from '../../src/link/session/incoming.js';
import type { Medium } from '../../src/link/session/sender.js';
import type { SessionLimits } from '../../src/link/session/session.js';
import { SettledMessages } from '../../src/link/settled-messages.js';
import { type Carrier, SimulatedStation, sha256, type Timeline } from './link-simulation.js';

const ACCEPTED: Outcome = { result: RESULTS.accepted, retryAfterSeconds: 0 };

interface LinkHostOptions {
  readonly timeline: Timeline;
  readonly carrier: Carrier;
  readonly medium: Medium;
  readonly limits: SessionLimits;
  readonly isActive: boolean;
  readonly random: () => number;
}

/**
 * A station that lives longer than its sessions: it sends what it has to until that was accepted, begins a new session
 * when one ended, and keeps what arrived in part. Its app takes up to a second for a message.
 */
export class LinkHost {
  readonly #options: LinkHostOptions;
  readonly #outbox = new Map<number, Uint8Array>();
  readonly #partials = new Map<string, MemoryAssembly>();
  #settled = new SettledMessages();
  #station: SimulatedStation | undefined;
  peer: LinkHost | undefined;
  /** How often each message was delivered, by its hash. */
  readonly deliveries = new Map<string, number>();
  /** Messages that were delivered and whose delivery was then forgotten, as a process does that is killed. */
  readonly forgotten = new Set<string>();
  /** The most that was reserved for messages that are arriving or waiting for the app, in bytes. */
  mostReservedBytes = 0;
  #reservedBytes = 0;
  sessions = 0;

  constructor(options: LinkHostOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#outbox.size;
  }

  get session(): SimulatedStation['session'] | undefined {
    return this.#station?.session;
  }

  post(id: number, bytes: Uint8Array): void {
    this.#outbox.set(id, bytes);
    this.#station?.send(id, bytes);
  }

  hear(frame: Uint8Array): void {
    this.#station?.hear(frame);
  }

  /** The line is gone, and everybody notices. */
  disconnect(): void {
    const station = this.#station;
    this.#station = undefined;
    station?.session.abandon();
  }

  /** The process is killed: what it had in memory only is gone, and nobody is told. */
  crash(losesPartials: boolean): void {
    this.disconnect();
    this.#settled = new SettledMessages();
    for (const hash of this.deliveries.keys()) this.forgotten.add(hash);
    if (losesPartials) this.#partials.clear();
  }

  start(follows?: { readonly nonce: number; readonly peer: HelloFrame }): void {
    const { timeline, random } = this.#options;
    const settled = this.#settled;
    const nonce = follows?.nonce ?? 1 + Math.floor(random() * 0xffff_ffff);
    this.sessions++;
    this.#reservedBytes = 0;
    const station: SimulatedStation = new SimulatedStation({
      ...this.#options,
      nonce,
      follows: follows?.peer,
      handler: {
        onOffer: (offer) => this.#onOffer(station, offer),
        onMessage: (offer) => {
          this.#settled.begin('peer', offer.hash, timeline.nowMs);
          timeline.at(timeline.nowMs + 1000 * random() ** 4, () => this.#take(station, settled, offer));
        },
        onOver: (offer, outcome) => {
          this.#reservedBytes -= offer.lengthBytes;
          if (outcome?.result === RESULTS.accepted) this.#partials.delete(toHex(offer.hash));
        },
        onUnconfirmed: (offer, { result }) => {
          if (result === RESULTS.accepted) this.#settled.addAccepted('peer', offer.hash);
        },
        onVerdict: (id, { result }) => {
          const bytes = this.#outbox.get(id);
          if (result === RESULTS.accepted) this.#outbox.delete(id);
          else if (bytes !== undefined) timeline.at(timeline.nowMs + 500, () => this.#station?.send(id, bytes));
        },
        onEnd: (end) => {
          if (this.#station !== station) return;
          this.#station = undefined;
          const next = end.reason === 'restarted' ? { nonce, peer: end.hello } : undefined;
          timeline.at(timeline.nowMs + 10, () => this.#station ?? this.start(next));
        },
      },
    });
    station.peer = { hear: (frame) => this.peer?.hear(frame) };
    this.#station = station;
    for (const [id, bytes] of this.#outbox) station.send(id, bytes);
    station.pump();
  }

  #onOffer(station: SimulatedStation, offer: OfferFrame): void {
    const { nowMs } = this.#options.timeline;
    this.#reservedBytes += offer.lengthBytes;
    this.mostReservedBytes = Math.max(this.mostReservedBytes, this.#reservedBytes);
    const answer = (outcome: Outcome) => {
      station.session.settle(offer.transfer, outcome, this.#options.timeline.nowMs);
      station.pump();
    };
    if (this.#settled.takeAccepted('peer', offer.hash)) answer(ACCEPTED);
    else if (!this.#settled.join('peer', offer.hash, nowMs, 60_000, answer)) this.#admit(station, offer);
  }

  #admit(station: SimulatedStation, offer: OfferFrame): void {
    const hash = toHex(offer.hash);
    const kept = this.#partials.get(hash) ?? new MemoryAssembly(offer.lengthBytes);
    if (offer.lengthBytes > EAGER_BYTES) this.#partials.set(hash, kept);
    station.session.admit(offer.transfer, kept, this.#options.timeline.nowMs);
  }

  /** The app has stored the message. */
  #take(station: SimulatedStation, settled: SettledMessages, { transfer, hash }: OfferFrame): void {
    if (settled !== this.#settled) return; // it was killed in the meantime
    const { nowMs } = this.#options.timeline;
    const key = toHex(hash);
    this.deliveries.set(key, (this.deliveries.get(key) ?? 0) + 1);
    const isTold = station.session.settle(transfer, ACCEPTED, nowMs);
    if (!isTold) settled.addAccepted('peer', hash);
    settled.decide('peer', hash, ACCEPTED);
    station.pump();
  }
}

/** Bytes that are unlike those of every other `seed`, and what they hash to. */
export function randomMessage(lengthBytes: number, seed: number): { bytes: Uint8Array; hash: string } {
  const bytes = Uint8Array.from(
    { length: lengthBytes },
    (_, i) => (i * 2_654_435_761 + seed * 40_503 + (i >> 7)) >>> 5,
  );
  return { bytes, hash: toHex(sha256(bytes)) };
}
