import { silentLogger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { NativeLink } from '../../src/link/gatt/native-link.js';
import { NATIVE_SERVICE } from '../../src/link/gatt/native-service.js';
import type { Link } from '../../src/link/link.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { linkTransport } from '../../src/transport/link-transport.js';
import type { Listener } from '../../src/transport/transport.js';
import type { WebCharacteristic, WebDevice, WebGattServer } from '../../src/web-peer/media/web-bluetooth.js';
import { primitives } from './station.js';

/** A gateway's side of the native profile, as Web Bluetooth shows it to a page. */
export class GattGateway extends EventTarget implements WebDevice {
  readonly id = 'gateway';
  readonly gatt: WebGattServer;
  /** Lengths of what the page wrote. */
  readonly written: number[] = [];
  isNear = true;
  /** What is written gets lost. */
  isDeaf = false;
  connections = 0;
  readonly #maxValueBytes: number;
  readonly #links = new BoundedQueue<Link>(10);
  #arriving: BoundedQueue<Uint8Array> | undefined;
  #isWriting = false;

  constructor(mtu: number) {
    super();
    this.#maxValueBytes = mtu - 3;
    const gateway = this;
    this.gatt = {
      get connected() {
        return gateway.#arriving !== undefined;
      },
      connect: () => gateway.#connect(),
      disconnect: () => gateway.drop(),
      getPrimaryService: async () => ({ getCharacteristic: async (uuid) => gateway.#characteristic(uuid) }),
    };
  }

  /** The transport that the gateway listens with. */
  async listen(): Promise<Listener> {
    const transport = linkTransport(
      {
        schemes: ['ble'],
        supports: { open: false, accept: true },
        open: () => Promise.reject(new Error('it waits')),
        accept: async (address) => ({
          addresses: [address],
          [Symbol.asyncIterator]: () => this.#links[Symbol.asyncIterator](),
          [Symbol.asyncDispose]: async () => this.#links.end(),
        }),
      },
      {
        scheduler: createScheduler(),
        now: () => performance.now(),
        random: Math.random,
        sha256: (bytes) => primitives.sha256(bytes),
        partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
        logger: silentLogger,
        stationId: primitives.randomBytes(16),
      },
    );
    return transport.listen('ble:');
  }

  /** The connection breaks. */
  drop(): void {
    if (this.#arriving === undefined) return;
    this.#arriving.end();
    this.#arriving = undefined;
    this.dispatchEvent(new Event('gattserverdisconnected'));
  }

  async #connect(): Promise<WebGattServer> {
    if (!this.isNear) throw new DOMException('Bluetooth Device is no longer in range.', 'NetworkError');
    this.connections++;
    this.#arriving = new BoundedQueue<Uint8Array>(1000);
    return this.gatt;
  }

  #characteristic(uuid: string): WebCharacteristic {
    let last: DataView | undefined;
    const characteristic = new EventTarget();
    const notify = (value: Uint8Array): void => {
      last = new DataView(Uint8Array.from(value).buffer);
      characteristic.dispatchEvent(new Event('characteristicvaluechanged'));
    };
    return Object.defineProperty(
      Object.assign(characteristic, {
        startNotifications: async () => {
          if (uuid === NATIVE_SERVICE.toCentral) this.#subscribe(notify);
        },
        writeValueWithoutResponse: (value: Uint8Array) => this.#write(value),
      }),
      'value',
      { get: () => last },
    );
  }

  #subscribe(notify: (value: Uint8Array) => void): void {
    const arriving = this.#arriving ?? new BoundedQueue<Uint8Array>(1);
    this.#links.push(
      new NativeLink({
        peerAddress: 'page',
        maxValueBytes: this.#maxValueBytes,
        write: async (value) => {
          if (!arriving.ended) setImmediate(() => notify(value));
        },
        [Symbol.asyncIterator]: () => arriving[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: async () => arriving.end(),
      }),
    );
  }

  /** As browsers do, it takes one operation at a time, and no longer values than the MTU allows. */
  async #write(value: Uint8Array): Promise<void> {
    if (this.#isWriting) throw new DOMException('GATT operation already in progress.', 'NetworkError');
    if (value.length > this.#maxValueBytes) throw new DOMException('GATT Error: invalid length', 'NetworkError');
    if (this.#arriving === undefined) throw new DOMException('GATT Server is disconnected.', 'NetworkError');
    this.#isWriting = true;
    const { promise, resolve } = withResolvers<void>();
    setImmediate(resolve);
    await promise;
    this.#isWriting = false;
    this.written.push(value.length);
    if (!this.isDeaf) this.#arriving?.push(Uint8Array.from(value));
  }
}
