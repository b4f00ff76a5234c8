import type { Advertiser } from './advertiser.js';
import type { Connection } from './connection.js';
import { OPCODE, REPORT, ROLE, STATUS } from './hci/codes.js';
import { commandComplete, commandStatus, dataLengthOctets, leConnectionComplete } from './hci/events.js';
import { addressOctets, readAddress, readU16, u16 } from './hci/octets.js';
import type { CommandPacket } from './hci/packets.js';
import { dataLength, INTERVAL_US, SLOT_US, TIMEOUT_US } from './hci/units.js';
import type { Radio } from './radio.js';
import type { Scanner } from './scanner.js';
import type { LinkTiming, Station } from './station.js';

/** A controller, as its commands see it. */
export interface CommandTarget extends Station {
  readonly radio: Radio;
  readonly aclOctets: number;
  readonly aclPackets: number;
  readonly advertiser: Advertiser;
  readonly scanner: Scanner;
  /** By handle. */
  readonly connections: ReadonlyMap<number, Connection>;
  readonly hasFreeConnection: boolean;
  /** The connection that the host asked for and does not have yet. */
  initiating: { readonly peer: string; readonly timing: LinkTiming } | undefined;
  /** Bit n lets LE subevent n + 1 pass. Only subevents below 32 exist here. */
  leEventMask: number;
  /** HCI_Reset (7.3.2): everything back to the start, connections gone without a word. */
  reset(): void;
  /** Gives a packet to the host, unless it is an event that the host masked. */
  emit(packet: Uint8Array): void;
}

/** What a command gives back: an error code and return parameters, and what it does after they are on their way. */
interface Answer {
  readonly status: number;
  readonly returns?: readonly number[];
  readonly afterwards?: () => void;
}

interface Command {
  /** Least length of the parameters. */
  readonly octets: number;
  /** A command that takes its time answers with Command Status at once, and with an event of its own later. */
  readonly isLong?: true;
  readonly run: (controller: CommandTarget, parameters: Uint8Array) => Answer;
}

const DONE: Answer = { status: STATUS.success };
const INVALID: Answer = { status: STATUS.invalidParameters };
const MAX_ADVERTISING_OCTETS = 31;
/** Bluetooth 5.4; the company number for internal use; the numbers of versions at HCI and link manager are the same. */
const VERSION = [0x0d, 0, 0, 0x0d, 0xff, 0xff, 0, 0];
const FEATURE_DATA_LENGTH = 1 << 5;
const FEATURE_2M_PHY = 1 << 8;

/** Carries out a command and answers it. Unknown ones, and parameters that are too short, get an error as their answer. */
export function execute(controller: CommandTarget, { opcode, parameters }: CommandPacket): void {
  const command = COMMANDS.get(opcode);
  if (command === undefined) {
    controller.emit(commandComplete(opcode, STATUS.unknownCommand));
    return;
  }
  const answer = parameters.length < command.octets ? INVALID : command.run(controller, parameters);
  const { status, returns } = answer;
  controller.emit(command.isLong ? commandStatus(opcode, status) : commandComplete(opcode, status, returns));
  answer.afterwards?.();
}

/** By opcode; sections of Vol 4 Part E are at each. */
const COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  // 7.1.6
  [OPCODE.disconnect, { octets: 3, isLong: true, run: disconnect }],
  // 7.3.1: the events that can be masked here are all on after a reset, and no LE host switches them off
  [OPCODE.setEventMask, { octets: 8, run: () => DONE }],
  // 7.3.2
  [OPCODE.reset, { octets: 0, run: (controller) => doing(() => controller.reset()) }],
  // 7.3.78, 7.3.79
  [OPCODE.readLeHostSupport, { octets: 0, run: () => ({ status: STATUS.success, returns: [1, 0] }) }],
  [OPCODE.writeLeHostSupport, { octets: 2, run: () => DONE }],
  // 7.4.1
  [OPCODE.readLocalVersion, { octets: 0, run: () => ({ status: STATUS.success, returns: VERSION }) }],
  // 7.4.5: without buffers of BR/EDR
  [OPCODE.readBufferSize, { octets: 0, run: () => ({ status: STATUS.success, returns: [0, 0, 0, 0, 0, 0, 0] }) }],
  // 7.4.6
  [
    OPCODE.readBdAddr,
    { octets: 0, run: ({ address }) => ({ status: STATUS.success, returns: addressOctets(address) }) },
  ],
  // 7.5.4
  [OPCODE.readRssi, { octets: 2, run: readRssi }],
  // 7.8.1
  [OPCODE.leSetEventMask, { octets: 8, run: leSetEventMask }],
  // 7.8.2
  [
    OPCODE.leReadBufferSize,
    { octets: 0, run: ({ aclOctets, aclPackets }) => ({ status: 0, returns: [...u16(aclOctets), aclPackets] }) },
  ],
  // 7.8.3
  [OPCODE.leReadLocalFeatures, { octets: 0, run: leReadLocalFeatures }],
  // 7.8.5, 7.8.7, 7.8.8, 7.8.9
  [OPCODE.leSetAdvertisingParameters, { octets: 15, run: leSetAdvertisingParameters }],
  [OPCODE.leSetAdvertisingData, { octets: 1, run: (controller, octets) => setData(controller, 'data', octets) }],
  [
    OPCODE.leSetScanResponseData,
    { octets: 1, run: (controller, octets) => setData(controller, 'scanResponse', octets) },
  ],
  [OPCODE.leSetAdvertisingEnable, { octets: 1, run: leSetAdvertisingEnable }],
  // 7.8.10, 7.8.11
  [OPCODE.leSetScanParameters, { octets: 7, run: leSetScanParameters }],
  [OPCODE.leSetScanEnable, { octets: 2, run: leSetScanEnable }],
  // 7.8.12, 7.8.13
  [OPCODE.leCreateConnection, { octets: 25, isLong: true, run: leCreateConnection }],
  [OPCODE.leCreateConnectionCancel, { octets: 0, run: leCreateConnectionCancel }],
  // 7.8.18
  [OPCODE.leConnectionUpdate, { octets: 14, isLong: true, run: leConnectionUpdate }],
  // 7.8.33
  [OPCODE.leSetDataLength, { octets: 6, run: leSetDataLength }],
  // 7.8.46
  [
    OPCODE.leReadMaximumDataLength,
    { octets: 0, run: ({ maxDataOctets }) => ({ status: 0, returns: dataLengthOctets(dataLength(maxDataOctets)) }) },
  ],
]);

function doing(effect: () => void): Answer {
  effect();
  return DONE;
}

function disconnect(controller: CommandTarget, parameters: Uint8Array): Answer {
  const connection = controller.connections.get(readU16(parameters, 0));
  if (connection === undefined) return { status: STATUS.unknownConnection };
  return doing(() => connection.link.terminate(controller, parameters[2] ?? STATUS.remoteUserTerminated));
}

function readRssi(controller: CommandTarget, parameters: Uint8Array): Answer {
  const handle = readU16(parameters, 0);
  const connection = controller.connections.get(handle);
  if (connection === undefined) return { status: STATUS.unknownConnection, returns: [...u16(handle), 0] };
  const rssiDbm = controller.radio.rssiDbm(connection.peer, controller);
  return { status: STATUS.success, returns: [...u16(handle), rssiDbm & 0xff] };
}

function leSetEventMask(controller: CommandTarget, parameters: Uint8Array): Answer {
  controller.leEventMask = readU16(parameters, 0) | (readU16(parameters, 2) << 16);
  return DONE;
}

function leReadLocalFeatures({ maxDataOctets, phy }: CommandTarget): Answer {
  const isLong = maxDataOctets > 27 ? FEATURE_DATA_LENGTH : 0;
  const isFast = phy === 2 ? FEATURE_2M_PHY : 0;
  return { status: STATUS.success, returns: [...u16(isLong | isFast), 0, 0, 0, 0, 0, 0] };
}

function leSetAdvertisingParameters(controller: CommandTarget, parameters: Uint8Array): Answer {
  if (controller.advertiser.isOn) return { status: STATUS.commandDisallowed };
  const type = [REPORT.connectable, REPORT.scannable, REPORT.nonConnectable].find((known) => known === parameters[4]);
  const intervalUs = readU16(parameters, 0) * SLOT_US;
  if (type === undefined || intervalUs === 0) return INVALID;
  return doing(() => controller.advertiser.change({ type, intervalUs }));
}

function setData(controller: CommandTarget, field: 'data' | 'scanResponse', parameters: Uint8Array): Answer {
  const length = parameters[0] ?? 0;
  if (length > MAX_ADVERTISING_OCTETS || length > parameters.length - 1) return INVALID;
  return doing(() => controller.advertiser.change({ [field]: parameters.slice(1, 1 + length) }));
}

function leSetAdvertisingEnable({ advertiser, hasFreeConnection }: CommandTarget, [enable]: Uint8Array): Answer {
  if (enable !== 1) return doing(() => advertiser.stop());
  if (advertiser.isConnectable && !hasFreeConnection) return { status: STATUS.connectionLimit };
  return doing(() => advertiser.start());
}

function leSetScanParameters({ scanner }: CommandTarget, parameters: Uint8Array): Answer {
  if (scanner.isOn) return { status: STATUS.commandDisallowed };
  const intervalUs = readU16(parameters, 1) * SLOT_US;
  const windowUs = readU16(parameters, 3) * SLOT_US;
  if (intervalUs === 0 || windowUs > intervalUs) return INVALID;
  return doing(() => {
    scanner.parameters = { isActive: parameters[0] === 1, intervalUs, windowUs };
  });
}

function leSetScanEnable({ scanner }: CommandTarget, [enable, filter]: Uint8Array): Answer {
  return doing(() => (enable === 1 ? scanner.start(filter === 1) : scanner.stop()));
}

function leCreateConnection(controller: CommandTarget, parameters: Uint8Array): Answer {
  const peer = readAddress(parameters, 6);
  const timing = timingAt(parameters, 13);
  if (controller.initiating !== undefined) return { status: STATUS.commandDisallowed };
  if ([...controller.connections.values()].some((other) => other.peer.address === peer)) {
    return { status: STATUS.connectionExists };
  }
  if (!controller.hasFreeConnection) return { status: STATUS.connectionLimit };
  if (timing === undefined) return INVALID;
  return doing(() => {
    controller.initiating = { peer, timing };
  });
}

function leCreateConnectionCancel(controller: CommandTarget): Answer {
  const { initiating } = controller;
  if (initiating === undefined) return { status: STATUS.commandDisallowed };
  controller.initiating = undefined;
  const timing = { interval: 0, latency: 0, supervisionTimeout: 0 };
  const cancelled = {
    status: STATUS.unknownConnection,
    handle: 0,
    role: ROLE.central,
    peer: initiating.peer,
    ...timing,
  };
  return { status: STATUS.success, afterwards: () => controller.emit(leConnectionComplete(cancelled)) };
}

function leConnectionUpdate(controller: CommandTarget, parameters: Uint8Array): Answer {
  const connection = controller.connections.get(readU16(parameters, 0));
  const timing = timingAt(parameters, 2);
  if (connection === undefined) return { status: STATUS.unknownConnection };
  if (timing === undefined) return INVALID;
  return doing(() => connection.link.update(timing));
}

function leSetDataLength(controller: CommandTarget, parameters: Uint8Array): Answer {
  const handle = readU16(parameters, 0);
  const connection = controller.connections.get(handle);
  const octets = readU16(parameters, 2);
  if (connection === undefined) return { status: STATUS.unknownConnection, returns: u16(handle) };
  if (octets < 27 || octets > 251) return { status: STATUS.invalidParameters, returns: u16(handle) };
  connection.link.requestDataLength(controller, octets);
  return { status: STATUS.success, returns: u16(handle) };
}

/** Interval from, interval to, latency and supervision timeout; undefined where they break 7.8.12. The longest interval is taken. */
function timingAt(parameters: Uint8Array, offset: number): LinkTiming | undefined {
  const [least, most] = [readU16(parameters, offset), readU16(parameters, offset + 2)];
  const supervisionTimeoutUs = readU16(parameters, offset + 6) * TIMEOUT_US;
  const intervalUs = most * INTERVAL_US;
  if (least < 6 || most > 3200 || least > most || supervisionTimeoutUs <= 2 * intervalUs) return undefined;
  return { intervalUs, supervisionTimeoutUs };
}
