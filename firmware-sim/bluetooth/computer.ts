import { WaypostError } from '../../src/core/errors.js';
import type { VirtualController } from './controller.js';
import type { ReceiveBufferOptions } from './receive-buffer.js';
import type { SocketFilter } from './socket-filter.js';

/** What a computer gives packets to: one bound HCI socket. */
export interface BoundSocket {
  readonly filter: SocketFilter;
  receive(packet: Uint8Array): void;
  pause(ms: number): void;
  /** Packets that found its receive buffer full. */
  readonly dropped: number;
}

/**
 * A computer with Bluetooth adapters, as its kernel shows them to programs: `hci0`, `hci1` and so on, each of which may
 * be plugged in, up or down, and raw HCI sockets on them. All sockets on an adapter hear all that it says, and what the
 * others write.
 */
export class Computer {
  readonly options: ReceiveBufferOptions;
  /** Without permission (`cap_net_raw`), whatever a program writes is refused. */
  isPermitted = true;
  readonly #adapters = new Map<number, VirtualController>();
  readonly #sockets = new Map<BoundSocket, number>();

  constructor(options: ReceiveBufferOptions) {
    this.options = options;
  }

  /** Plugs in an adapter as `hci<index>`. Throws ERR_INVALID_ARGUMENT where there is one already. */
  plug(index: number, adapter: VirtualController): void {
    if (this.#adapters.has(index)) throw new WaypostError('ERR_INVALID_ARGUMENT', `there is a hci${index} already`);
    this.#adapters.set(index, adapter);
    adapter.onPacket = (packet) => this.#spread(index, packet, undefined);
  }

  /** Pulls out the adapter; it loses its power, and the sockets on it fall silent. */
  unplug(index: number): void {
    const adapter = this.#adapters.get(index);
    if (adapter === undefined) return;
    adapter.power(false);
    adapter.onPacket = () => {};
    this.#adapters.delete(index);
  }

  adapter(index: number): VirtualController | undefined {
    return this.#adapters.get(index);
  }

  /** The adapter that is meant where a program names none: the first that is up, else `hci0`, as the packages choose. */
  get defaultIndex(): number {
    const up = [...this.#adapters].filter(([, adapter]) => adapter.powered).map(([index]) => index);
    return up.length === 0 ? 0 : Math.min(...up);
  }

  bind(socket: BoundSocket, index: number): void {
    this.#sockets.set(socket, index);
  }

  release(socket: BoundSocket): void {
    this.#sockets.delete(socket);
  }

  /** A program writes to an adapter; the other sockets on it get a copy. Throws what {@link VirtualController.write} throws. */
  write(socket: BoundSocket, index: number, packet: Uint8Array): void {
    this.#spread(index, packet, socket);
    this.#adapters.get(index)?.write(packet);
  }

  /** All programs of this computer stop reading for so long. */
  pause(ms: number): void {
    for (const socket of this.#sockets.keys()) socket.pause(ms);
  }

  /** Packets that the receive buffers of the open sockets had no room for; no program can know this number. */
  get dropped(): number {
    return [...this.#sockets.keys()].reduce((sum, socket) => sum + socket.dropped, 0);
  }

  #spread(index: number, packet: Uint8Array, except: BoundSocket | undefined): void {
    for (const [socket, boundTo] of this.#sockets) {
      if (boundTo === index && socket !== except && socket.filter.lets(packet)) socket.receive(packet);
    }
  }
}
