import { WaypostError } from '../../src/core/errors.js';
import { Advertiser } from './advertiser.js';
import { MAX_DATA_OCTETS, type Phy } from './air-time.js';
import { type CommandTarget, execute } from './commands.js';
import { Connection } from './connection.js';
import { BOUNDARY, EVENT, PACKET_TYPE, ROLE, STATUS } from './hci/codes.js';
import { leAdvertisingReport, leConnectionComplete } from './hci/events.js';
import { type AclPacket, parseFromHost } from './hci/packets.js';
import { hciParameters } from './hci/units.js';
import type { Radio } from './radio.js';
import { Scanner } from './scanner.js';
import type { Heard, Link, LinkEnd, LinkTiming, Position, Station } from './station.js';

export interface ControllerOptions {
  readonly radio: Radio;
  /** Public device address, such as `c0:ff:ee:00:00:01`; different for each controller. */
  readonly address: string;
  readonly position?: Position;
  readonly phy?: Phy;
  /** Longest link layer payload, 27 to 251; 27 is a controller without the data length extension. */
  readonly maxDataOctets?: number;
  /** Longest ACL packet that a host may send, and how many of them the controller holds. */
  readonly aclOctets?: number;
  readonly aclPackets?: number;
  /** Connections at the same time, in both roles together. */
  readonly maxConnections?: number;
  /** Microseconds that a packet takes between controller and host, either way: a UART or USB, and who serves it. */
  readonly transportUs?: number;
}

const FIRST_HANDLE = 0x0040;
const DEFAULT_ACL_PACKETS = 8;
const DEFAULT_MAX_CONNECTIONS = 8;
/** With it, an answer does not make the connection event of its request, as on real machines. */
const DEFAULT_TRANSPORT_US = 1000;
/** The LE event mask after a reset: the first five subevents (Vol 4 Part E, 7.8.1). */
const DEFAULT_LE_EVENTS = 0x1f;

/**
 * A Bluetooth LE controller: HCI packets on one side, a station of a {@link Radio} on the other (Bluetooth Core
 * Specification 5.4, Vol 4 Part E). It knows the commands that LE hosts without security use, and answers "unknown
 * command" to all others. It has public addresses only.
 */
export class VirtualController implements CommandTarget {
  readonly address: string;
  readonly phy: Phy;
  readonly maxDataOctets: number;
  readonly aclOctets: number;
  readonly aclPackets: number;
  readonly radio: Radio;
  readonly links = new Set<Link>();
  readonly advertiser: Advertiser;
  readonly scanner: Scanner;
  readonly connections = new Map<number, Connection>();
  initiating: CommandTarget['initiating'];
  leEventMask = DEFAULT_LE_EVENTS;
  position: Position;
  busyUntilUs = 0;
  /** Takes packets for the host, with the type octet before them. */
  onPacket: (packet: Uint8Array) => void = () => {};
  #powered = true;
  readonly #maxConnections: number;
  readonly #transportUs: number;

  constructor(options: ControllerOptions) {
    this.radio = options.radio;
    this.address = options.address;
    this.position = options.position ?? { x: 0, y: 0 };
    this.phy = options.phy ?? 1;
    this.maxDataOctets = options.maxDataOctets ?? MAX_DATA_OCTETS;
    this.aclOctets = options.aclOctets ?? MAX_DATA_OCTETS;
    this.aclPackets = options.aclPackets ?? DEFAULT_ACL_PACKETS;
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#transportUs = options.transportUs ?? DEFAULT_TRANSPORT_US;
    this.advertiser = new Advertiser(this.radio, this);
    this.scanner = new Scanner(this.radio.timeline);
    this.radio.attach(this);
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** Switches it on or off. Off, it forgets everything but its address; peers notice by their supervision timeout. */
  power(isOn: boolean): void {
    if (!isOn) this.reset();
    this.#powered = isOn;
  }

  reset(): void {
    this.advertiser.reset();
    this.scanner.stop();
    this.initiating = undefined;
    this.leEventMask = DEFAULT_LE_EVENTS;
    for (const { link } of this.connections.values()) link.abandon(this);
    this.connections.clear();
  }

  /**
   * Takes a packet from the host. Throws ERR_INVALID_ARGUMENT for one that is malformed, longer than `aclOctets`, or more
   * than the controller said it holds: no controller promises anything then, and the host program is wrong.
   */
  write(bytes: Uint8Array): void {
    const packet = parseFromHost(bytes);
    const carryOut = packet.type === 'acl' ? this.#takeAcl(packet) : () => execute(this, packet);
    this.radio.timeline.afterUs(this.#transportUs, () => {
      if (this.#powered) carryOut();
    });
  }

  get hasFreeConnection(): boolean {
    return this.connections.size < this.#maxConnections;
  }

  emit(packet: Uint8Array): void {
    const isLeEvent = packet[0] === PACKET_TYPE.event && packet[1] === EVENT.leMeta;
    const isMasked = isLeEvent && ((this.leEventMask >>> ((packet[3] ?? 0) - 1)) & 1) === 0;
    if (!this.#powered || isMasked) return;
    this.radio.timeline.afterUs(this.#transportUs, () => {
      this.radio.intercept({ layer: 'host', to: this.address, bytes: packet }, () => this.onPacket(packet));
    });
  }

  scansAt(nowUs: number): 'no' | 'passive' | 'active' {
    return this.scanner.scansAt(nowUs);
  }

  heard(packet: Heard): void {
    if (!this.scanner.isNews(packet)) return;
    const { type, from, data, rssiDbm } = packet;
    this.emit(leAdvertisingReport({ type, address: from.address, data, rssiDbm }));
  }

  initiates(advertiser: Station): LinkTiming | undefined {
    return this.initiating?.peer === advertiser.address ? this.initiating.timing : undefined;
  }

  connected(link: Link, role: 'central' | 'peripheral', peer: Station, timing: LinkTiming): LinkEnd {
    if (role === 'central') this.initiating = undefined;
    const handle = this.#freeHandle();
    const emit = (packet: Uint8Array) => this.emit(packet);
    const onClosed = () => this.connections.delete(handle);
    const connection = new Connection({ station: this, peer, link, handle, emit, onClosed });
    this.connections.set(handle, connection);
    const parameters = hciParameters(timing);
    const complete = { status: STATUS.success, handle, role: ROLE[role], peer: peer.address, ...parameters };
    this.emit(leConnectionComplete(complete));
    // Linux makes the longest payload the default, and a controller then asks for it by itself.
    if (role === 'central') link.requestDataLength(this, this.maxDataOctets);
    return connection;
  }

  #takeAcl({ handle, boundary, data }: AclPacket): () => void {
    if (data.length > this.aclOctets) {
      const limit = `${data.length} bytes of ACL data where the controller takes ${this.aclOctets}`;
      throw new WaypostError('ERR_INVALID_ARGUMENT', limit);
    }
    let held = 0;
    for (const connection of this.connections.values()) held += connection.heldPackets;
    if (held >= this.aclPackets) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `more than ${this.aclPackets} ACL packets, which is what fits`);
    }
    // A connection may end while the host is writing to it.
    return this.connections.get(handle)?.take(data, boundary !== BOUNDARY.continuing) ?? (() => {});
  }

  #freeHandle(): number {
    let handle = FIRST_HANDLE;
    while (this.connections.has(handle)) handle++;
    return handle;
  }
}
