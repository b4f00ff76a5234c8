import { WaypostError } from '../../core/errors.js';
import type { Scheduler } from '../../core/scheduler.js';
import { unlessAborted } from '../../core/unless-aborted.js';
import { withResolvers } from '../../core/with-resolvers.js';
import type { AttributeValues } from '../../link/gatt/attribute-values.js';
import { NATIVE_SERVICE } from '../../link/gatt/native-service.js';
import { channelClosed } from '../../transport/arrival.js';
import { BoundedQueue } from '../../transport/bounded-queue.js';
import type { WebCharacteristic, WebDevice, WebGattServer } from './web-bluetooth.js';

/** What every connection can carry: an ATT MTU of 23 without 3 (Core Specification 5.4, Vol 3 Part F, 3.2.8). */
const SURE_VALUE_BYTES = 20;
/** The longest that an attribute can be (Vol 3 Part F, 3.2.9). */
export const MAX_VALUE_BYTES = 512;
const QUEUED_VALUES = 256;
/**
 * Some browsers resolve a write when the system has queued it, and systems drop what they have no room for: some thirty
 * values on phones. So many leave at once, and then no more than the radio carries.
 */
const BURST_VALUES = 8;
const BURST_MS = 60;

interface ConnectOptions {
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Connects to a gateway that was chosen and subscribes to its values. Throws ERR_NETWORK (retryable) when it is not there,
 * ERR_BLUETOOTH when the browser does not let the page, or the signal's reason.
 */
export async function connectByBluetooth(device: WebDevice, options: ConnectOptions): Promise<AttributeValues> {
  const { gatt } = device;
  if (gatt === undefined) throw new WaypostError('ERR_BLUETOOTH', 'the browser does not let this page connect');
  const { signal } = options;
  signal.throwIfAborted();
  try {
    const { toPeripheral, toCentral } = await unlessAborted(discover(gatt), signal);
    const connection = new BluetoothConnection(device, gatt, toPeripheral, toCentral, options);
    await unlessAborted(toCentral.startNotifications(), signal);
    return connection;
  } catch (error) {
    // An attempt that is under way ends with it, too.
    gatt.disconnect();
    throw signal.aborted ? signal.reason : failure(error);
  }
}

interface Characteristics {
  readonly toPeripheral: WebCharacteristic;
  readonly toCentral: WebCharacteristic;
}

/** One operation after the other: browsers refuse a second one while there is one. */
async function discover(gatt: WebGattServer): Promise<Characteristics> {
  const server = gatt.connected ? gatt : await gatt.connect();
  const service = await server.getPrimaryService(NATIVE_SERVICE.service);
  const toPeripheral = await service.getCharacteristic(NATIVE_SERVICE.toPeripheral);
  return { toPeripheral, toCentral: await service.getCharacteristic(NATIVE_SERVICE.toCentral) };
}

/** A page is not told the MTU: it learns from what comes how long values can be (docs/transports/ble.md, "Values"). */
class BluetoothConnection implements AttributeValues {
  readonly peerAddress: string;
  readonly #gatt: WebGattServer;
  readonly #toPeripheral: WebCharacteristic;
  readonly #options: ConnectOptions;
  readonly #values = new BoundedQueue<Uint8Array>(QUEUED_VALUES);
  readonly #stopListening = new AbortController();
  #maxValueBytes = SURE_VALUE_BYTES;
  #burstBeganMs = Number.NEGATIVE_INFINITY;
  #burstValues = 0;

  constructor(
    device: WebDevice,
    gatt: WebGattServer,
    toPeripheral: WebCharacteristic,
    toCentral: WebCharacteristic,
    options: ConnectOptions,
  ) {
    this.peerAddress = device.id;
    this.#gatt = gatt;
    this.#toPeripheral = toPeripheral;
    this.#options = options;
    const { signal } = this.#stopListening;
    toCentral.addEventListener('characteristicvaluechanged', () => this.#receive(toCentral.value), { signal });
    device.addEventListener('gattserverdisconnected', () => this.#end(), { signal });
  }

  get maxValueBytes(): number {
    return this.#maxValueBytes;
  }

  async write(value: Uint8Array): Promise<void> {
    await this.#pace();
    if (this.#values.ended) throw channelClosed('the Bluetooth connection is closed');
    try {
      await this.#toPeripheral.writeValueWithoutResponse(Uint8Array.from(value));
    } catch (cause) {
      await this[Symbol.asyncDispose]();
      const error = channelClosed('the Bluetooth connection does not take anything any more');
      error.cause = cause;
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this.#values[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOpen = !this.#values.ended;
    this.#end();
    this.#values.clear();
    // Once it has ended, the device may have another connection already.
    if (isOpen) this.#gatt.disconnect();
  }

  #end(): void {
    this.#stopListening.abort();
    this.#values.end();
  }

  /** The view is the browser's, and another one each time; what there is no room for is repeated by the session. */
  #receive(view: DataView | undefined): void {
    if (view === undefined || view.byteLength > MAX_VALUE_BYTES) return;
    this.#maxValueBytes = Math.max(this.#maxValueBytes, view.byteLength);
    this.#values.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice());
  }

  async #pace(): Promise<void> {
    const { now, scheduler } = this.#options;
    const leftMs = this.#burstBeganMs + BURST_MS - now();
    if (leftMs > 0 && this.#burstValues < BURST_VALUES) {
      this.#burstValues++;
      return;
    }
    if (leftMs > 0) {
      const { promise, resolve } = withResolvers<void>();
      scheduler.after(leftMs, resolve);
      await promise;
    }
    this.#burstBeganMs = now();
    this.#burstValues = 1;
  }
}

function failure(error: unknown): WaypostError {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'SecurityError' || name === 'NotAllowedError') {
    return new WaypostError('ERR_BLUETOOTH', 'the browser does not let this page use Bluetooth', { cause: error });
  }
  const what =
    name === 'NotFoundError' || name === 'NotSupportedError'
      ? 'what was chosen is no gateway, or a part of its service is missing'
      : 'the gateway is not near, or its connections are all in use';
  return new WaypostError('ERR_NETWORK', `${what} (${name || String(error)})`, { cause: error, retryable: true });
}
