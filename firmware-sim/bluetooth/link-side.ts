import { MIN_DATA_OCTETS } from './air-time.js';
import type { LinkEnd, Station } from './station.js';

/** One link layer PDU on its way; sent again, unchanged, until it is acknowledged. */
export interface Pdu {
  readonly octets: number;
  /** The peer has it: sent again, it is recognised by its sequence bit (Vol 6 Part B, 4.5.9). */
  hasArrived: boolean;
  readonly arrive: () => void;
  readonly acknowledged: () => void;
}

interface Packet {
  readonly data: Uint8Array;
  readonly isFirst: boolean;
  sentOctets: number;
}

/** What one end of a connection has to send, and whether it is still there. */
export class LinkSide {
  readonly station: Station;
  /** Where arrivals and endings go; undefined once this end is closed. */
  end: LinkEnd | undefined;
  /** When it last heard its peer. */
  heardUs: number;
  hasHeard = false;
  /** Longest payload that this side sends. */
  dataOctets = MIN_DATA_OCTETS;
  #current: Pdu | undefined;
  readonly #control: Pdu[] = [];
  #packets: Packet[] = [];

  constructor(station: Station, nowUs: number) {
    this.station = station;
    this.heardUs = nowUs;
  }

  /** Queues a piece of an L2CAP PDU; the controller's flow control bounds how many wait. */
  enqueue(data: Uint8Array, isFirst: boolean): void {
    this.#packets.push({ data, isFirst, sentOctets: 0 });
  }

  /** Queues a control PDU, which goes before data. */
  enqueueControl(octets: number, arrive: () => void, acknowledged: () => void = () => {}): void {
    this.#control.push({ octets, hasArrived: false, arrive, acknowledged });
  }

  /** Data that no packet has left of is given up: who disconnects right after sending loses it. */
  dropData(): void {
    this.#packets = [];
  }

  /** The PDU to send now, to be delivered to `peer`; undefined when only an empty packet is left. */
  next(peer: LinkSide): Pdu | undefined {
    this.#current ??= this.#control.shift() ?? this.#fragment(peer);
    return this.#current;
  }

  /** Something waits that the peer does not have yet: the More Data bit. */
  get hasMore(): boolean {
    const isUnsent = this.#current !== undefined && !this.#current.hasArrived;
    return isUnsent || this.#control.length > 0 || this.#packets.length > 0;
  }

  /** Payload length of the packet that would be sent next. */
  get nextOctets(): number {
    if (this.#current !== undefined && !this.#current.hasArrived) return this.#current.octets;
    const packet = this.#packets[0];
    if (this.#control[0] !== undefined) return this.#control[0].octets;
    return packet === undefined ? 0 : Math.min(packet.data.length - packet.sentOctets, this.dataOctets);
  }

  /** A packet of the peer came: it acknowledges what the peer had got before it. */
  hears(nowUs: number): void {
    this.heardUs = nowUs;
    this.hasHeard = true;
    const current = this.#current;
    if (current?.hasArrived !== true) return;
    this.#current = undefined;
    current.acknowledged();
  }

  #fragment(peer: LinkSide): Pdu | undefined {
    const packet = this.#packets[0];
    if (packet === undefined) return undefined;
    const start = packet.sentOctets;
    const piece = packet.data.subarray(start, start + this.dataOctets);
    packet.sentOctets += piece.length;
    const isLast = packet.sentOctets >= packet.data.length;
    if (isLast) this.#packets.shift();
    const isFirst = packet.isFirst && start === 0;
    return {
      octets: piece.length,
      hasArrived: false,
      arrive: () => peer.end?.received(piece, isFirst),
      acknowledged: () => {
        if (isLast) this.end?.acknowledged();
      },
    };
  }
}
