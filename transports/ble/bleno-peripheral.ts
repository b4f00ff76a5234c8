import { quote, WaypostError } from '../../src/core/errors.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { advertisementOf } from './advertisement.js';
import { askRssi, stopPackage, type TamingOptions, tame } from './package-insides.js';
import type { Answer, Bleno, Family, UpdateValue } from './package-types.js';
import type { AdapterState, GattProfile, Peripheral, PeripheralOptions, RadioConnection } from './ports.js';
import { readInTime } from './rssi.js';
import { MAX_VALUE_BYTES, QueuedPipe } from './value-queue.js';

/** ATT results (Core Specification 5.4, Vol 3 Part F, 3.4.1.1). */
const SUCCESS = 0x00;
const INVALID_OFFSET = 0x07;
const UNLIKELY_ERROR = 0x0e;
const INSUFFICIENT_RESOURCES = 0x11;

/** What stands for the connection in a package that has only one. */
const ONLY_CONNECTION = 1;

interface BlenoOptions extends PeripheralOptions, TamingOptions {
  readonly bleno: Bleno;
  readonly family: Family;
}

/** A connected central, and the profiles that it uses. */
class Connection implements RadioConnection {
  readonly address: string;
  readonly peer = 'central';
  readonly connectedAtMs: number;
  readonly disconnect: () => void;
  readonly readRssi: () => Promise<number | undefined>;
  readonly pipes = new Map<GattProfile, Subscription>();
  activeAtMs: number;

  constructor(address: string, nowMs: number, actions: Pick<RadioConnection, 'disconnect' | 'readRssi'>) {
    this.address = address.toLowerCase();
    this.connectedAtMs = nowMs;
    this.activeAtMs = nowMs;
    this.disconnect = actions.disconnect;
    this.readRssi = actions.readRssi;
  }

  get isInUse(): boolean {
    return this.pipes.size > 0;
  }
}

interface Subscription {
  readonly pipe: QueuedPipe;
  /** The indication that is out was confirmed. */
  onConfirmed: () => void;
}

/** The peripheral's role over a bleno of either family. */
export class BlenoPeripheral implements Peripheral {
  readonly #options: BlenoOptions;
  readonly #connections = new Map<number, Connection>();
  #advertised: readonly GattProfile[] = [];
  #isOpen = true;
  #stopTaming: (() => void) | undefined;

  constructor(options: BlenoOptions) {
    const { bleno } = options;
    this.#options = options;
    bleno.on('accept', (address: string, handle = ONLY_CONNECTION) => this.#accept(address, handle));
    bleno.on('disconnect', (_address: string, handle = ONLY_CONNECTION) => this.#forget(handle));
    const onState = (state: AdapterState) => {
      this.#stopTaming ??= tame(bleno, options);
      this.#stateChanged(state);
    };
    // Listening is what starts bleno, and it may tell its first state before the listener is there.
    try {
      bleno.on('stateChange', onState);
    } catch (cause) {
      tame(bleno, options)();
      const message = `the Bluetooth adapter cannot be used: ${quote(String(cause), 200)}`;
      throw new WaypostError('ERR_BLUETOOTH', message, { cause, retryable: true });
    }
    if (this.#stopTaming === undefined && bleno.state !== 'unknown') onState(bleno.state as AdapterState);
  }

  get state(): AdapterState {
    return this.#options.bleno.state as AdapterState;
  }

  get maxConnections(): number | undefined {
    return this.#options.family.hasConnections ? undefined : 1;
  }

  advertise(profiles: readonly GattProfile[]): void {
    this.#advertised = profiles;
    this.#advertise();
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      for (const handle of [...this.#connections.keys()]) this.#forget(handle);
      this.#stopTaming?.();
      stopPackage(this.#options.bleno);
    }
    return Promise.resolve();
  }

  #stateChanged(state: AdapterState): void {
    if (!this.#isOpen) return;
    if (state === 'poweredOn') {
      const { bleno, profiles } = this.#options;
      bleno.setServices(profiles.map((profile) => this.#service(profile)));
      this.#advertise();
    } else {
      for (const handle of [...this.#connections.keys()]) this.#forget(handle);
    }
    this.#options.events.onState(state);
  }

  #advertise(): void {
    const { bleno, logger } = this.#options;
    if (!this.#isOpen || bleno.state !== 'poweredOn') return;
    if (this.#advertised.length === 0) {
      bleno.stopAdvertising();
      return;
    }
    const { advertisement, scanResponse } = advertisementOf(this.#advertised.map(({ serviceUuid }) => serviceUuid));
    bleno.startAdvertisingWithEIRData(Buffer.from(advertisement), Buffer.from(scanResponse), (error) => {
      if (error) logger.warn('ble.advertising-failed', { message: String(error) });
    });
  }

  #accept(address: string, handle: number): void {
    this.#forget(handle);
    const { bleno, family, now, events } = this.#options;
    const disconnect = () => (family.hasConnections ? bleno.disconnect(handle) : bleno.disconnect());
    const connection = new Connection(address, now(), { disconnect, readRssi: () => this.#readRssi(handle) });
    this.#connections.set(handle, connection);
    events.onConnect(connection);
  }

  #readRssi(handle: number): Promise<number | undefined> {
    const { bleno, family, scheduler } = this.#options;
    return readInTime(scheduler, (tell) => {
      if (family.hasConnections) return askRssi(bleno, handle, tell);
      bleno.once('rssiUpdate', tell);
      bleno.updateRssi();
      return () => bleno.removeListener('rssiUpdate', tell);
    });
  }

  #forget(handle: number): void {
    const connection = this.#connections.get(handle);
    if (connection === undefined) return;
    this.#connections.delete(handle);
    for (const { pipe } of connection.pipes.values()) pipe.end();
    connection.pipes.clear();
    this.#options.events.onDisconnect(connection);
  }

  #service(profile: GattProfile): object {
    const { Characteristic, PrimaryService } = this.#options.bleno;
    const characteristics = [
      new Characteristic({
        uuid: profile.writeUuid,
        properties: profile.writes === 'withResponse' ? ['write', 'writeWithoutResponse'] : ['writeWithoutResponse'],
        onWriteRequest: (...parameters) => {
          const [handle, [value, , withoutResponse, answer]] =
            this.#split<[Buffer, number, boolean, Answer]>(parameters);
          void this.#written(profile, handle, value, withoutResponse).then((result) => {
            if (this.#connections.has(handle)) answer(result); // bleno throws for one that is gone
          });
        },
      }),
      new Characteristic({
        uuid: profile.updateUuid,
        properties: [profile.updates],
        onSubscribe: (...parameters) => {
          const [handle, [maxValueBytes, update]] = this.#split<[number, UpdateValue]>(parameters);
          this.#subscribed(profile, handle, maxValueBytes, update);
        },
        onUnsubscribe: (...parameters) => this.#unsubscribed(profile, this.#split(parameters)[0]),
        onIndicate: (...parameters) => {
          const [handle] = this.#split(parameters);
          this.#connections.get(handle)?.pipes.get(profile)?.onConfirmed();
        },
      }),
    ];
    if (profile.informationUuid !== undefined) characteristics.push(this.#information(profile.informationUuid));
    return new PrimaryService({ uuid: profile.serviceUuid, characteristics });
  }

  #information(uuid: string): object {
    const information = Buffer.from(this.#options.information);
    return new this.#options.bleno.Characteristic({
      uuid,
      properties: ['read'],
      onReadRequest: (...parameters) => {
        const [, [offset, answer]] = this.#split<[number, Answer]>(parameters);
        if (offset > information.length) answer(INVALID_OFFSET);
        else answer(SUCCESS, information.subarray(offset));
      },
    });
  }

  /** Gives the result to answer with; a write that is acknowledged waits until there is room for it. */
  async #written(
    profile: GattProfile,
    handle: number,
    value: Buffer,
    withoutResponse: boolean,
  ): Promise<typeof SUCCESS | typeof UNLIKELY_ERROR | typeof INSUFFICIENT_RESOURCES> {
    const connection = this.#connections.get(handle);
    const pipe = connection?.pipes.get(profile)?.pipe;
    if (connection === undefined || pipe === undefined) return UNLIKELY_ERROR;
    connection.activeAtMs = this.#options.now();
    if (value.length > MAX_VALUE_BYTES) return INSUFFICIENT_RESOURCES;
    if (withoutResponse) {
      // Lost where nothing else would repeat it, the rest makes no sense.
      if (!pipe.push(value) && profile.writes === 'withResponse') connection.disconnect();
      return SUCCESS;
    }
    try {
      await pipe.put(value);
      return SUCCESS;
    } catch {
      return UNLIKELY_ERROR;
    }
  }

  #subscribed(profile: GattProfile, handle: number, maxValueBytes: number, update: UpdateValue): void {
    const connection = this.#connections.get(handle);
    if (connection === undefined) return;
    this.#unsubscribed(profile, handle);
    const pipe: QueuedPipe = new QueuedPipe({
      peerAddress: connection.address,
      maxValueBytes: Math.min(MAX_VALUE_BYTES, maxValueBytes),
      write: async (value) => {
        connection.activeAtMs = this.#options.now();
        if (profile.updates === 'notify') {
          update(value);
          return;
        }
        // One indication may be out at a time (Vol 3 Part F, 3.3.2); the writer keeps to it by waiting.
        const confirmed = withResolvers<void>();
        subscription.onConfirmed = () => confirmed.resolve();
        update(value);
        await Promise.race([confirmed.promise, pipe.closed]);
      },
      disconnect: () => {
        connection.pipes.delete(profile);
        if (!connection.isInUse) connection.disconnect();
      },
    });
    const subscription: Subscription = { pipe, onConfirmed: () => {} };
    connection.pipes.set(profile, subscription);
    this.#options.events.onPipe(profile, pipe);
  }

  #unsubscribed(profile: GattProfile, handle: number): void {
    const connection = this.#connections.get(handle);
    connection?.pipes.get(profile)?.pipe.end();
    connection?.pipes.delete(profile);
  }

  /** Which connection a callback is about, and its other parameters. */
  #split<T extends readonly unknown[]>(parameters: readonly unknown[]): [number, T] {
    if (!this.#options.family.hasConnections) return [ONLY_CONNECTION, parameters as unknown as T];
    return [Number(parameters[0]), parameters.slice(1) as unknown as T];
  }
}
