import type { Phy } from './air-time.js';
import type { ReportType } from './hci/codes.js';
import type { AirPacket } from './intercept.js';
import type { Timeline } from './timeline.js';

/*
 * The link layer's three parties: stations, the air between them, and links that two of them have. Times are in
 * microseconds.
 */

/** A place in a plane, in metres. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** What one advertising packet looks like to whoever hears it. */
export interface Heard {
  readonly type: ReportType;
  readonly from: Station;
  readonly data: Uint8Array;
  readonly rssiDbm: number;
}

/** When the two ends of a connection meet, and how long they miss each other before they give up. */
export interface LinkTiming {
  readonly intervalUs: number;
  readonly supervisionTimeoutUs: number;
}

/** One radio. A controller implements it; what it does with its host is its own business. */
export interface Station {
  /** Public device address, such as `c0:ff:ee:00:00:01`. */
  readonly address: string;
  /** May change at any time: people walk. */
  readonly position: Position;
  /** A station without power neither sends nor hears. */
  readonly powered: boolean;
  /** What this radio can do at best; a connection does what both can. */
  readonly phy: Phy;
  readonly maxDataOctets: number;
  /** One radio does one thing at a time: until then it does something else. */
  busyUntilUs: number;
  readonly links: Set<Link>;

  /** Whether its scanner listens at this moment, and asks for scan responses. */
  scansAt(nowUs: number): 'no' | 'passive' | 'active';
  heard(packet: Heard): void;
  /** The connection that it wants with this advertiser, if it wants one. */
  initiates(advertiser: Station): LinkTiming | undefined;
  /** A connection that begins. The result takes what comes out of it. */
  connected(link: Link, role: 'central' | 'peripheral', peer: Station, timing: LinkTiming): LinkEnd;
}

/** A connection, as its two stations use it; `station` says which of them asks. */
export interface Link {
  /** When the two meet next. */
  readonly nextAnchorUs: number;
  /** How many meetings in a row did not take place because a radio was busy. */
  readonly skipped: number;
  /** Sends a piece of an L2CAP PDU; the link reports back through `acknowledged`. */
  send(station: Station, data: Uint8Array, isFirst: boolean): void;
  /** Ends the connection; the peer is told `reason`. What was not sent yet is lost. */
  terminate(station: Station, reason: number): void;
  /** Ends the connection at one end without a word to the other, as a loss of power does. */
  abandon(station: Station): void;
  /** Asks for payloads of up to `octets` in both directions, as far as the other end can (Vol 6 Part B, 5.1.9). */
  requestDataLength(station: Station, octets: number): void;
  /** Changes the timing, from the central's end (Vol 6 Part B, 5.1.1). */
  update(timing: LinkTiming): void;
}

/** What comes out of a connection at one end. */
export interface LinkEnd {
  /** A piece of an L2CAP PDU; `isFirst` where one begins. Pieces come once and in order. */
  received(data: Uint8Array, isFirst: boolean): void;
  /** The peer has one more packet of those that were sent. */
  acknowledged(): void;
  timingChanged(timing: LinkTiming): void;
  /** Longest payload from now on, the same in both directions. */
  dataLengthChanged(octets: number): void;
  /** The last call. `reason` is an HCI error code. */
  closed(reason: number): void;
}

/** What links need of the air. */
export interface Air {
  readonly timeline: Timeline;
  /** Packets each way that one meeting has room for. */
  readonly maxExchangesPerEvent: number;
  /** Whether a packet gets from one station to another. Asking is sending: each call is one packet. */
  carries(from: Station, to: Station, kind: AirPacket['kind'], octets: number): boolean;
}
