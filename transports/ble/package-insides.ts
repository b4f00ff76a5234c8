import type { EventEmitter } from 'node:events';
import { quote } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';

/*
 * What both families of packages do that a daemon cannot live with, and that none of them has a setting for.
 */

interface HciSocket extends EventEmitter {
  stop(): void;
}

/** The parts that are there where the packages speak to an HCI socket (Linux); elsewhere nothing here applies. */
interface Insides {
  readonly stop?: () => void;
  readonly _bindings?: {
    readonly _sigIntHandler?: () => void;
    readonly onSigIntBinded?: () => void;
    readonly _gatt?: { maxMtu?: number };
    readonly _hci?: {
      pollIsDevUp?: () => void;
      disconnect?(handle: number): void;
      readonly _socket?: HciSocket;
    } | null;
  };
}

const ACL_DATA_PACKET = 0x02;
const HANDLE_MASK = 0x0fff;

/**
 * Makes a package that has told its first state fit for a daemon:
 *
 * - its handler of SIGINT is taken away, which ends the process at once when it was set last;
 * - a packet that it cannot read (a request that ends too soon is enough) throws out of its event handler, and would end
 *   the process: now it costs the peer that sent it its connection.
 */
export function tame(instance: unknown, logger: Logger): void {
  const bindings = (instance as Insides)._bindings;
  for (const handler of [bindings?._sigIntHandler, bindings?.onSigIntBinded]) {
    if (handler !== undefined) process.removeListener('SIGINT', handler);
  }
  const hci = bindings?._hci;
  const socket = hci?._socket;
  if (socket === undefined) return;
  for (const listener of socket.listeners('data') as ((packet: Buffer) => void)[]) {
    socket.removeListener('data', listener);
    socket.on('data', (packet: Buffer) => {
      try {
        listener(packet);
      } catch (error) {
        logger.warn('ble.packet-refused', { bytes: packet.length, message: quote(String(error)) });
        if (packet[0] === ACL_DATA_PACKET) hci?.disconnect?.(packet.readUInt16LE(1) & HANDLE_MASK);
      }
    });
  }
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
