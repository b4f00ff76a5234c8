import { EVENT, LE_EVENT, PACKET_TYPE, type ReportType, type Role, STATUS } from './codes.js';
import { addressOctets, u16 } from './octets.js';

/*
 * Events of a controller as packets with the type octet before them. Bluetooth Core Specification 5.4, Vol 4 Part E,
 * section 7.7; the subsection is at each function. Times are in the units that stand in their names.
 */

/** How many commands a host may send before the next answer. One, as Linux itself sends them. */
const COMMAND_CREDITS = 1;
/** All devices here have public addresses. */
const PUBLIC_ADDRESS = 0x00;
/** Clock accuracy of 500 ppm, which a simulated clock keeps without effort. */
const CLOCK_ACCURACY = 0x00;

/** Command Complete (7.7.14); `returns` are the return parameters after the status. */
export function commandComplete(opcode: number, status: number, returns: readonly number[] = []): Uint8Array {
  return event(EVENT.commandComplete, [COMMAND_CREDITS, ...u16(opcode), status, ...returns]);
}

/** Command Status (7.7.15): the command began, or why not. */
export function commandStatus(opcode: number, status: number): Uint8Array {
  return event(EVENT.commandStatus, [status, COMMAND_CREDITS, ...u16(opcode)]);
}

/** Disconnection Complete (7.7.5). */
export function disconnectionComplete(handle: number, reason: number): Uint8Array {
  return event(EVENT.disconnectionComplete, [STATUS.success, ...u16(handle), reason]);
}

/** Hardware Error (7.7.16). What the code means is the controller's own business; here it is always the same. */
export function hardwareError(): Uint8Array {
  return event(EVENT.hardwareError, [0x01]);
}

/** Number Of Completed Packets (7.7.19) of one connection: so many of the host's ACL packets left the controller. */
export function numberOfCompletedPackets(handle: number, count: number): Uint8Array {
  return event(EVENT.numberOfCompletedPackets, [1, ...u16(handle), ...u16(count)]);
}

/** What both ends of a connection keep to, in the units of HCI: 1.25 ms, events, 10 ms. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervisionTimeout: number;
}

export interface ConnectionComplete extends ConnectionParameters {
  readonly status: number;
  readonly handle: number;
  readonly role: Role;
  readonly peer: string;
}

/** LE Connection Complete (7.7.65.1). */
export function leConnectionComplete(complete: ConnectionComplete): Uint8Array {
  const peer = [PUBLIC_ADDRESS, ...addressOctets(complete.peer)];
  const head = [complete.status, ...u16(complete.handle), complete.role, ...peer];
  return leEvent(LE_EVENT.connectionComplete, [...head, ...parameters(complete), CLOCK_ACCURACY]);
}

export interface AdvertisingReport {
  readonly type: ReportType;
  readonly address: string;
  /** At most 31 bytes of advertising or scan response data. */
  readonly data: Uint8Array;
  readonly rssiDbm: number;
}

/** LE Advertising Report (7.7.65.2) of one packet. */
export function leAdvertisingReport({ type, address, data, rssiDbm }: AdvertisingReport): Uint8Array {
  const from = [type, PUBLIC_ADDRESS, ...addressOctets(address)];
  return leEvent(LE_EVENT.advertisingReport, [1, ...from, data.length, ...data, rssiDbm & 0xff]);
}

/** LE Connection Update Complete (7.7.65.3). */
export function leConnectionUpdateComplete(handle: number, now: ConnectionParameters): Uint8Array {
  return leEvent(LE_EVENT.connectionUpdateComplete, [STATUS.success, ...u16(handle), ...parameters(now)]);
}

/** Longest payload, in octets and in microseconds on the air, in each direction. */
export interface DataLength {
  readonly maxTxOctets: number;
  readonly maxTxTimeUs: number;
  readonly maxRxOctets: number;
  readonly maxRxTimeUs: number;
}

/** The four numbers of a data length as events and return parameters have them. */
export function dataLengthOctets(length: DataLength): number[] {
  const { maxTxOctets, maxTxTimeUs, maxRxOctets, maxRxTimeUs } = length;
  return [...u16(maxTxOctets), ...u16(maxTxTimeUs), ...u16(maxRxOctets), ...u16(maxRxTimeUs)];
}

/** LE Data Length Change (7.7.65.7). */
export function leDataLengthChange(handle: number, length: DataLength): Uint8Array {
  return leEvent(LE_EVENT.dataLengthChange, [...u16(handle), ...dataLengthOctets(length)]);
}

function event(code: number, parameterOctets: readonly number[]): Uint8Array {
  return Uint8Array.of(PACKET_TYPE.event, code, parameterOctets.length, ...parameterOctets);
}

function leEvent(subevent: number, parameterOctets: readonly number[]): Uint8Array {
  return event(EVENT.leMeta, [subevent, ...parameterOctets]);
}

function parameters({ interval, latency, supervisionTimeout }: ConnectionParameters): number[] {
  return [...u16(interval), ...u16(latency), ...u16(supervisionTimeout)];
}
