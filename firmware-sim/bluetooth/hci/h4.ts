import { concatBytes } from '../../../src/core/bytes.js';
import { OPCODE, PACKET_TYPE } from './codes.js';
import { readU16 } from './octets.js';
import { commandPacket } from './packets.js';

/*
 * HCI over a UART, as a controller reads it: packets with their type octet before them, one after the other. Bluetooth
 * Core Specification 5.4, Vol 4 Part A.
 */

const EMPTY: Uint8Array = new Uint8Array(0);
const RESET = commandPacket(OPCODE.reset);

/** What can be said of the packet that the bytes begin with: its length, or that more is needed, or that it is none. */
type Length = number | 'incomplete' | 'none';

/**
 * Cuts what a host sends into packets. Nothing marks where a packet begins, so after a byte too many or too few all is
 * nonsense: then the reader is out of step, and waits for an HCI_Reset (section 4, "Error recovery").
 */
export class H4Reader {
  readonly #maxAclOctets: number;
  #rest = EMPTY;
  #isInStep = true;

  /** `maxAclOctets`: the longest ACL data that the controller takes. */
  constructor(maxAclOctets: number) {
    this.#maxAclOctets = maxAclOctets;
  }

  get isInStep(): boolean {
    return this.#isInStep;
  }

  /** The packets that `chunk` completes, one after the other. */
  *read(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    this.#rest = concatBytes(this.#rest, chunk);
    while (this.#isInStep || this.#findReset()) {
      const length = this.#nextLength();
      if (length === 'incomplete') return;
      if (length === 'none') {
        this.loseStep();
        continue;
      }
      const packet = this.#rest.slice(0, length);
      this.#rest = this.#rest.slice(length);
      yield packet;
    }
  }

  /** What it read last made no sense to the controller. */
  loseStep(): void {
    this.#isInStep = false;
  }

  /** Whoever began a packet will not end it. */
  dropIncomplete(): void {
    this.#rest = EMPTY;
  }

  /** What is before it is dropped; so is everything but a possible beginning where there is none. */
  #findReset(): boolean {
    const last = this.#rest.length - RESET.length;
    for (let from = 0; from <= last; from++) {
      if (!RESET.every((octet, index) => this.#rest[from + index] === octet)) continue;
      this.#rest = this.#rest.subarray(from);
      this.#isInStep = true;
      return true;
    }
    this.#rest = this.#rest.slice(Math.max(0, last + 1));
    return false;
  }

  #nextLength(): Length {
    const [type, , , parameterOctets] = this.#rest;
    if (type === undefined) return 'incomplete';
    if (type === PACKET_TYPE.command)
      return parameterOctets === undefined ? 'incomplete' : this.#whole(4 + parameterOctets);
    if (type !== PACKET_TYPE.acl) return 'none';
    if (this.#rest.length < 5) return 'incomplete';
    const dataOctets = readU16(this.#rest, 3);
    return dataOctets > this.#maxAclOctets ? 'none' : this.#whole(5 + dataOctets);
  }

  #whole(octets: number): Length {
    return this.#rest.length < octets ? 'incomplete' : octets;
  }
}
