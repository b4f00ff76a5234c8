import { EVENT, PACKET_TYPE } from './hci/codes.js';

/**
 * What a raw HCI socket lets through: Linux' `struct hci_filter`, a mask of packet types, a mask of 64 events, and an
 * opcode that answers have to be for (0 for any). A new socket gets nothing.
 */
export class SocketFilter {
  #types = 0;
  #events: readonly [low: number, high: number] = [0, 0];
  #opcode = 0;

  /** Takes the filter's 14 or 16 octets; what is missing counts as zero. */
  set(octets: Uint8Array): void {
    const padded = new Uint8Array(16);
    padded.set(octets.subarray(0, 16));
    const view = new DataView(padded.buffer);
    this.#types = view.getUint32(0, true);
    this.#events = [view.getUint32(4, true), view.getUint32(8, true)];
    this.#opcode = view.getUint16(12, true);
  }

  lets(packet: Uint8Array): boolean {
    const type = packet[0] ?? 0;
    if (!hasBit(this.#types, type)) return false;
    if (type !== PACKET_TYPE.event) return true;
    const code = (packet[1] ?? 0) & 0x3f;
    if (!hasBit(this.#events[code >>> 5] ?? 0, code & 0x1f)) return false;
    return this.#opcode === 0 || this.#answers(code, packet);
  }

  #answers(code: number, packet: Uint8Array): boolean {
    const offset = code === EVENT.commandComplete ? 4 : 5;
    if (code !== EVENT.commandComplete && code !== EVENT.commandStatus) return true;
    return ((packet[offset] ?? 0) | ((packet[offset + 1] ?? 0) << 8)) === this.#opcode;
  }
}

function hasBit(mask: number, bit: number): boolean {
  return ((mask >>> bit) & 1) === 1;
}
