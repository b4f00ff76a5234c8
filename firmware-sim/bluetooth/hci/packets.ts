import { WaypostError } from '../../../src/core/errors.js';
import { type Boundary, PACKET_TYPE } from './codes.js';
import { readU16, u16 } from './octets.js';

/*
 * Packets between host and controller, with the type octet before them. Bluetooth Core Specification 5.4, Vol 4 Part E,
 * section 5.4.
 */

/** A command: what its parameters mean depends on the opcode. */
export interface CommandPacket {
  readonly type: 'command';
  readonly opcode: number;
  readonly parameters: Uint8Array;
}

/** A piece of an L2CAP PDU on a connection. */
export interface AclPacket {
  readonly type: 'acl';
  readonly handle: number;
  readonly boundary: Boundary;
  readonly data: Uint8Array;
}

const COMMAND_HEADER = 4;
const ACL_HEADER = 5;

/** Reads what a host wrote. Throws ERR_INVALID_ARGUMENT for another type, and where a length does not fit. */
export function parseFromHost(bytes: Uint8Array): CommandPacket | AclPacket {
  if (bytes[0] === PACKET_TYPE.command && bytes.length >= COMMAND_HEADER) {
    const parameters = bytes.subarray(COMMAND_HEADER);
    if (bytes[3] !== parameters.length) throw malformed('command', bytes[3] ?? 0, parameters.length);
    return { type: 'command', opcode: readU16(bytes, 1), parameters };
  }
  if (bytes[0] === PACKET_TYPE.acl && bytes.length >= ACL_HEADER) {
    const data = bytes.subarray(ACL_HEADER);
    if (readU16(bytes, 3) !== data.length) throw malformed('ACL data', readU16(bytes, 3), data.length);
    const handleAndFlags = readU16(bytes, 1);
    return { type: 'acl', handle: handleAndFlags & 0xfff, boundary: boundaryOf(handleAndFlags), data };
  }
  throw new WaypostError(
    'ERR_INVALID_ARGUMENT',
    `${bytes.length} bytes of type ${bytes[0] ?? 'none'} are no HCI packet`,
  );
}

/** An ACL data packet, in either direction. `data` is at most 65535 bytes. */
export function aclPacket(handle: number, boundary: Boundary, data: Uint8Array): Uint8Array {
  const packet = new Uint8Array(ACL_HEADER + data.length);
  packet.set([PACKET_TYPE.acl, ...u16(handle | (boundary << 12)), ...u16(data.length)]);
  packet.set(data, ACL_HEADER);
  return packet;
}

/** A command, as a host writes it. */
export function commandPacket(opcode: number, parameters: readonly number[] | Uint8Array = []): Uint8Array {
  return Uint8Array.of(PACKET_TYPE.command, ...u16(opcode), parameters.length, ...parameters);
}

function boundaryOf(handleAndFlags: number): Boundary {
  const flag = (handleAndFlags >>> 12) & 0b11;
  if (flag === 0b11) throw new WaypostError('ERR_INVALID_ARGUMENT', 'packet boundary flag 3 is not for host packets');
  return flag as Boundary;
}

function malformed(what: string, says: number, has: number): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', `an HCI ${what} packet says ${says} bytes and has ${has}`);
}
