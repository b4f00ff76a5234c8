import { EventEmitter } from 'node:events';
import { plainBytes } from '../../src/core/bytes.js';
import type { BoundSocket, Computer } from './computer.js';
import { OPCODE } from './hci/codes.js';
import { commandPacket } from './hci/packets.js';
import { ReceiveBuffer } from './receive-buffer.js';
import { SocketFilter } from './socket-filter.js';

/** An HCI socket as noble and bleno use it. Events: `data` with a Buffer, `error` with an Error that has a `code`. */
export interface HciSocket extends EventEmitter {
  /** Binds to `hci<index>` beside others. The result is the index. Throws an Error with the code ENODEV. */
  bindRaw(index?: number): number;
  /** Binds to `hci<index>` for itself alone. Here the same as `bindRaw`. */
  bindUser(index?: number): number;
  /** Binds to the kernel's management channel, which here takes everything and answers nothing. */
  bindControl(): number;
  isDevUp(): boolean;
  setFilter(filter: Uint8Array): void;
  start(): void;
  stop(): void;
  reset(): void;
  write(packet: Uint8Array): void;
}

/** The packages make their sockets without an argument. */
export type HciSocketClass = new () => HciSocket;

/** The sockets of one computer, for {@link loadBluetoothPackage}. They bind to `ownIndex` where the program names none. */
export function hciSocketClass(computer: Computer, ownIndex?: number): HciSocketClass {
  return class VirtualHciSocket extends EventEmitter implements HciSocket, BoundSocket {
    readonly filter = new SocketFilter();
    readonly #buffer = new ReceiveBuffer(computer.options, (packet) => this.emit('data', Buffer.from(packet)));
    #index: number | undefined;
    #isStarted = false;

    bindRaw(index?: number): number {
      const wanted = index ?? ownIndex ?? computer.defaultIndex;
      if (computer.adapter(wanted) === undefined) throw systemError('ENODEV', 'No such device');
      this.#index = wanted;
      return wanted;
    }

    bindUser(index?: number): number {
      return this.bindRaw(index);
    }

    bindControl(): number {
      return 0;
    }

    start(): void {
      this.#isStarted = true;
      if (this.#index !== undefined) computer.bind(this, this.#index);
    }

    stop(): void {
      this.#isStarted = false;
      computer.release(this);
      this.#buffer.clear();
    }

    isDevUp(): boolean {
      return this.#isStarted && this.#adapter?.powered === true;
    }

    setFilter(filter: Uint8Array): void {
      this.filter.set(plainBytes(filter));
    }

    reset(): void {
      this.write(commandPacket(OPCODE.reset));
    }

    write(packet: Uint8Array): void {
      if (!this.#isStarted || this.#index === undefined) return;
      if (!computer.isPermitted) this.emit('error', systemError('EPERM', 'Operation not permitted'));
      else if (this.#adapter?.powered !== true) this.emit('error', systemError('ENETDOWN', 'Network is down'));
      // The caller may use its memory again.
      else computer.write(this, this.#index, Uint8Array.from(packet));
    }

    receive(packet: Uint8Array): void {
      this.#buffer.push(packet);
    }

    pause(ms: number): void {
      this.#buffer.pause(ms);
    }

    get dropped(): number {
      return this.#buffer.dropped;
    }

    get #adapter() {
      return this.#index === undefined ? undefined : computer.adapter(this.#index);
    }
  };
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
