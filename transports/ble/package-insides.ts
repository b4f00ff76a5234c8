import type { EventEmitter } from 'node:events';
import { quote } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { CreditWatch } from './credit-watch.js';

/*
 * What both families of packages do that a daemon cannot live with, and that none of them has a setting for.
 */

interface HciSocket extends EventEmitter {
  stop(): void;
}

interface Hci extends EventEmitter {
  pollIsDevUp?: () => void;
  disconnect?(handle: number): void;
  readRssi?(handle: number): void;
  readonly _socket?: HciSocket;
  /** Packets in the controller, by handle; the two ways to keep them. */
  readonly _handleAclsInProgress?: Readonly<Record<string, number>>;
  readonly _aclConnections?: ReadonlyMap<number, { readonly pending: number }>;
}

type Table = Record<string, unknown>;

/** The parts that are there where the packages speak to an HCI socket (Linux); elsewhere nothing here applies. */
interface Insides {
  readonly stop?: () => void;
  /** What noble keeps of each peripheral, by its id. */
  readonly _peripherals?: Map<string, Remembered> | Record<string, Remembered>;
  readonly _services?: Table;
  readonly _characteristics?: Table;
  readonly _descriptors?: Table;
  readonly _bindings?: {
    readonly _sigIntHandler?: () => void;
    readonly onSigIntBinded?: () => void;
    readonly _gatt?: { maxMtu?: number };
    readonly _hci?: Hci | null;
    readonly _addresses?: Table;
    readonly _addresseTypes?: Table;
    readonly _connectable?: Table;
    readonly scannable?: Table;
    readonly _gap?: { readonly _discoveries?: Table };
  };
}

interface Remembered {
  readonly address: string;
  readonly state: string;
}

export interface TamingOptions {
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
}

const ACL_DATA_PACKET = 0x02;
const HANDLE_MASK = 0x0fff;
/** A connection that a packet cannot be sent to for so long is over; sessions would take 45 seconds to find out. */
const STALLED_MS = 10_000;
const LOOK_EVERY_MS = 2500;

/**
 * Makes a package that has told its first state fit for a daemon; the result stops what that takes.
 *
 * - Its handler of SIGINT is taken away, which ends the process at once when it was set last.
 * - A packet that it cannot read (a request that ends too soon is enough) throws out of its event handler, and would end
 *   the process: now it costs the peer that sent it its connection.
 * - A connection that it has lost count of is ended ({@link CreditWatch}).
 */
export function tame(instance: unknown, { scheduler, now, logger }: TamingOptions): () => void {
  const bindings = (instance as Insides)._bindings;
  for (const handler of [bindings?._sigIntHandler, bindings?.onSigIntBinded]) {
    if (handler !== undefined) process.removeListener('SIGINT', handler);
  }
  const hci = bindings?._hci;
  const socket = hci?._socket;
  if (hci === undefined || hci === null || socket === undefined) return () => {};

  const watch = new CreditWatch(STALLED_MS);
  let isStopped = false;
  let cancel: (() => void) | undefined;
  const lookLater = () => {
    if (cancel === undefined && !isStopped && inProgress(hci).size > 0) cancel = scheduler.after(LOOK_EVERY_MS, look);
  };
  const look = () => {
    cancel = undefined;
    for (const handle of watch.stalled(inProgress(hci), now())) {
      logger.warn('ble.stalled', { handle, message: 'an event of the adapter was lost; the connection is ended' });
      hci.disconnect?.(handle);
    }
    lookLater();
  };
  for (const listener of socket.listeners('data') as ((packet: Buffer) => void)[]) {
    socket.removeListener('data', listener);
    socket.on('data', (packet: Buffer) => {
      try {
        listener(packet);
      } catch (error) {
        logger.warn('ble.packet-refused', { bytes: packet.length, message: quote(String(error)) });
        if (packet[0] === ACL_DATA_PACKET) hci.disconnect?.(packet.readUInt16LE(1) & HANDLE_MASK);
      }
      watch.receive(packet, now());
      lookLater();
    });
  }
  return () => {
    isStopped = true;
    cancel?.();
  };
}

function inProgress({ _handleAclsInProgress, _aclConnections }: Hci): ReadonlyMap<number, number> {
  if (_aclConnections !== undefined) {
    return new Map([..._aclConnections].map(([handle, { pending }]) => [handle, pending]));
  }
  return new Map(Object.entries(_handleAclsInProgress ?? {}).map(([handle, packets]) => [Number(handle), packets]));
}

/**
 * Makes a noble that does not scan forget all peripherals but those in use: it would keep every address that it ever saw,
 * and phones have a new one every few minutes. What it saw anew it also reports as it is, not as it once was.
 */
export function forgetPeripherals(noble: unknown): void {
  const { _peripherals, _services, _characteristics, _descriptors, _bindings } = noble as Insides;
  const remembered = _peripherals instanceof Map ? [..._peripherals] : Object.entries(_peripherals ?? {});
  const inUse = new Set<string>();
  for (const [id, { address, state }] of remembered) {
    if (state === 'connected' || state === 'connecting' || state === 'disconnecting') {
      inUse.add(id).add(address);
    } else if (_peripherals instanceof Map) _peripherals.delete(id);
  }
  const { _addresses, _addresseTypes, _connectable, scannable, _gap } = _bindings ?? {};
  const byId = [_services, _characteristics, _descriptors, _addresses, _addresseTypes, _connectable, scannable];
  const tables = [_peripherals instanceof Map ? undefined : _peripherals, ...byId, _gap?._discoveries];
  for (const table of tables) {
    for (const key of Object.keys(table ?? {})) {
      if (!inUse.has(key)) delete (table as Table)[key];
    }
  }
}

/** Asks a bleno for the signal strength of a connection; `tell` gets it in dBm. The result stops listening. */
export function askRssi(bleno: unknown, handle: number, tell: (rssiDbm: number) => void): () => void {
  const hci = (bleno as Insides)._bindings?._hci;
  const onRead = (of: number, rssiDbm: number) => {
    if (of === handle) tell(rssiDbm);
  };
  hci?.on('rssiRead', onRead);
  hci?.readRssi?.(handle);
  return () => hci?.removeListener('rssiRead', onRead);
}

/** Lets a bleno agree to a larger MTU than its own limit of 256. */
export function allowMtu(bleno: unknown, mtu: number): void {
  const gatt = (bleno as Insides)._bindings?._gatt;
  if (gatt?.maxMtu !== undefined) gatt.maxMtu = Math.max(gatt.maxMtu, mtu);
}

/**
 * Stops an instance for good. All but one ask once a second, for ever, whether their adapter is up, which keeps a process
 * alive: so the question itself is taken away as well.
 */
export function stopPackage(instance: unknown): void {
  const { stop, _bindings } = instance as Insides;
  const hci = _bindings?._hci;
  if (hci === undefined || hci === null) return;
  stop?.call(instance);
  hci._socket?.stop();
  hci.pollIsDevUp = () => {};
}
