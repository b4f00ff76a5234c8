import { BOUNDARY } from './hci/codes.js';
import {
  disconnectionComplete,
  leConnectionUpdateComplete,
  leDataLengthChange,
  numberOfCompletedPackets,
} from './hci/events.js';
import { aclPacket } from './hci/packets.js';
import { dataLength, hciParameters } from './hci/units.js';
import type { Link, LinkEnd, LinkTiming, Station } from './station.js';

/** Where a connection is: at which station, and who hears of it. */
interface Surroundings {
  readonly station: Station;
  readonly peer: Station;
  readonly link: Link;
  readonly handle: number;
  /** Takes packets for the host. */
  readonly emit: (packet: Uint8Array) => void;
  readonly onClosed: () => void;
}

/** One connection of a controller: what a host knows by its handle. Turns what the link says into HCI packets. */
export class Connection implements LinkEnd {
  readonly handle: number;
  readonly link: Link;
  readonly peer: Station;
  readonly #around: Surroundings;
  #heldPackets = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.handle = around.handle;
    this.link = around.link;
    this.peer = around.peer;
  }

  /** ACL packets of the host that the peer does not have yet. */
  get heldPackets(): number {
    return this.#heldPackets;
  }

  /** Holds a packet of the host. The result puts it on the link. */
  take(data: Uint8Array, isFirst: boolean): () => void {
    this.#heldPackets++;
    return () => this.link.send(this.#around.station, data, isFirst);
  }

  received(data: Uint8Array, isFirst: boolean): void {
    this.#around.emit(aclPacket(this.handle, isFirst ? BOUNDARY.first : BOUNDARY.continuing, data));
  }

  acknowledged(): void {
    this.#heldPackets--;
    this.#around.emit(numberOfCompletedPackets(this.handle, 1));
  }

  timingChanged(timing: LinkTiming): void {
    this.#around.emit(leConnectionUpdateComplete(this.handle, hciParameters(timing)));
  }

  dataLengthChanged(octets: number): void {
    this.#around.emit(leDataLengthChange(this.handle, dataLength(octets)));
  }

  closed(reason: number): void {
    this.#around.onClosed();
    this.#around.emit(disconnectionComplete(this.handle, reason));
  }
}
