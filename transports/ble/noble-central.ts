import { once } from 'node:events';
import { WaypostError } from '../../src/core/errors.js';
import { Mutex } from '../../src/core/mutex.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { adapterError } from './adapter-state.js';
import { NobleConnection } from './noble-connection.js';
import { forgetPeripherals, stopPackage, type TamingOptions, tame } from './package-insides.js';
import type { Noble, NobleCharacteristic, NoblePeripheral } from './package-types.js';
import type {
  AdapterState,
  Central,
  CentralEvents,
  CentralOptions,
  ConnectOptions,
  GattProfile,
  LookOptions,
  Sighting,
  ValuePipe,
} from './ports.js';
import { MAX_VALUE_BYTES, maxValueBytesOf, QueuedPipe } from './value-queue.js';

/** States in which waiting is of use. */
const PASSING_STATES: readonly AdapterState[] = ['unknown', 'resetting'];
/** What an ATT bearer begins with (Core Specification 5.4, Vol 3 Part F, 3.2.8). */
const DEFAULT_MTU = 23;
/**
 * How often the two radios meet, in units of 1.25 ms (Vol 4 Part E, 7.8.12): 10 ms. What is left of an interval when no
 * further packet fits is lost: of this one little is, for packets of 251 octets at either speed with an acknowledgement
 * among them. The range of noble allows any of 7.5 to 22.5 ms, of which controllers take the longest.
 */
const INTERVAL = { minInterval: 8, maxInterval: 8 } as const;

const STOP_SCAN_MS = 2000;
/** Of one look; what a crowd of strangers advertises beyond it is not looked at. */
const MAX_SIGHTINGS = 64;

interface NobleOptions extends CentralOptions, TamingOptions {
  readonly noble: Noble;
}

/** The central's role over a noble of either family. */
export class NobleCentral implements Central {
  readonly #noble: Noble;
  /** Controllers do not scan while they connect, and noble keeps one set of callbacks for all attempts. */
  readonly #attempts = new Mutex();
  readonly #closed = new AbortController();
  readonly #connected = new Set<NobleConnection>();
  readonly #events: CentralEvents;
  readonly #options: TamingOptions;
  readonly started: Promise<void>;
  #stopTaming: (() => void) | undefined;
  #state: AdapterState = 'unknown';

  constructor({ noble, events, ...options }: NobleOptions) {
    this.#noble = noble;
    this.#events = events;
    this.#options = options;
    noble.setMaxListeners(0); // each operation that waits listens for the end of its connection
    const { promise, resolve } = withResolvers<void>();
    this.started = promise;
    noble.on('stateChange', (state: AdapterState) => {
      this.#stopTaming ??= tame(noble, options);
      this.#state = state;
      resolve();
      if (state === 'poweredOn') events.onReset();
    });
  }

  get state(): AdapterState {
    return this.#state;
  }

  connect(options: ConnectOptions): Promise<ValuePipe> {
    return this.#attempts.run(async () => {
      const signal = AbortSignal.any([options.signal, this.#closed.signal]);
      signal.throwIfAborted();
      await this.#ready(signal);
      const peripheral = await this.#find(options, signal);
      try {
        const connection = await this.#open(peripheral, options.mtu, signal);
        return await this.#subscribe(peripheral, connection, options.profile, signal);
      } catch (error) {
        if (peripheral.state === 'connecting') peripheral.cancelConnect?.();
        else if (peripheral.state === 'connected') peripheral.disconnect();
        signal.throwIfAborted();
        if (error instanceof WaypostError) throw error;
        const message = `the Bluetooth connection to ${peripheral.address} failed`;
        throw new WaypostError('ERR_NETWORK', message, { cause: error, retryable: true });
      }
    });
  }

  look({ profiles, until }: LookOptions): Promise<readonly Sighting[]> {
    return this.#attempts.run(async () => {
      const sightings = new Map<string, Sighting>();
      const see = ({ address, advertisement }: NoblePeripheral) => {
        const advertised = profiles.filter(({ serviceUuid }) => advertisement.serviceUuids?.includes(serviceUuid));
        const sighting = { address: address.toLowerCase(), profiles: advertised };
        if (advertised.length > 0 && sightings.size < MAX_SIGHTINGS) sightings.set(sighting.address, sighting);
      };
      const signal = AbortSignal.any([until, this.#closed.signal]);
      try {
        await this.#ready(signal);
        await this.#scan(profiles, see, new Promise<never>(() => {}), signal);
      } catch (error) {
        if (!until.aborted) throw error;
      }
      return [...sightings.values()];
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort(new WaypostError('ERR_CHANNEL_CLOSED', 'the Bluetooth adapter is given back'));
      for (const connection of this.#connected) connection.disconnect();
      this.#stopTaming?.();
      stopPackage(this.#noble);
    }
    return Promise.resolve();
  }

  async #ready(signal: AbortSignal): Promise<void> {
    while (PASSING_STATES.includes(this.#state)) await once(this.#noble, 'stateChange', { signal });
    if (this.#state !== 'poweredOn') throw adapterError(this.#state);
  }

  #find({ profile, address }: ConnectOptions, signal: AbortSignal): Promise<NoblePeripheral> {
    const found = withResolvers<NoblePeripheral>();
    const see = (peripheral: NoblePeripheral) => {
      if (address === undefined || peripheral.address.toLowerCase() === address) found.resolve(peripheral);
    };
    return this.#scan([profile], see, found.promise, signal);
  }

  /** Scans until `outcome` is there. */
  async #scan<T>(
    profiles: readonly GattProfile[],
    see: (peripheral: NoblePeripheral) => void,
    outcome: Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    forgetPeripherals(this.#noble);
    this.#noble.on('discover', see);
    try {
      const serviceUuids = profiles.map(({ serviceUuid }) => serviceUuid);
      await unlessAborted(this.#noble.startScanningAsync(serviceUuids, false), signal);
      return await unlessAborted(outcome, signal);
    } finally {
      this.#noble.removeListener('discover', see);
      if (this.#state === 'poweredOn') await this.#stopScanning();
    }
  }

  /** The event that says so can get lost: then the next scan begins all the same. */
  async #stopScanning(): Promise<void> {
    const { promise, resolve } = withResolvers<void>();
    const cancel = this.#options.scheduler.after(STOP_SCAN_MS, resolve);
    await Promise.race([this.#noble.stopScanningAsync(), promise]);
    cancel();
  }

  async #open(peripheral: NoblePeripheral, mtu: number, signal: AbortSignal): Promise<NobleConnection> {
    if (peripheral.state === 'connected') {
      const message = `there is a Bluetooth connection to ${peripheral.address} already`;
      throw new WaypostError('ERR_NETWORK', message, { retryable: true });
    }
    try {
      await unlessAborted(peripheral.connectAsync({ mtu, ...INTERVAL }), signal);
    } finally {
      this.#events.onReset(); // which one of the families does before its first connection
    }
    const connection = new NobleConnection(peripheral, this.#options);
    this.#connected.add(connection);
    peripheral.once('disconnect', () => {
      this.#connected.delete(connection);
      this.#events.onDisconnect(connection);
    });
    this.#events.onConnect(connection);
    return connection;
  }

  async #subscribe(
    peripheral: NoblePeripheral,
    connection: NobleConnection,
    profile: GattProfile,
    signal: AbortSignal,
  ): Promise<ValuePipe> {
    const { serviceUuid, writeUuid, updateUuid, informationUuid } = profile;
    const wanted = [writeUuid, updateUuid, ...(informationUuid === undefined ? [] : [informationUuid])];
    const { characteristics } = await unlessAborted(
      peripheral.discoverSomeServicesAndCharacteristicsAsync([serviceUuid], wanted),
      signal,
    );
    const find = (uuid: string) => characteristics.find((found) => found.uuid === uuid);
    const [write, update] = [find(writeUuid), find(updateUuid)];
    if (write === undefined || update === undefined) {
      const message = `${peripheral.address} does not have the characteristics of the service ${serviceUuid}`;
      throw new WaypostError('ERR_NETWORK', message, { retryable: true });
    }
    const readable = informationUuid === undefined ? undefined : find(informationUuid);
    const information = readable === undefined ? undefined : await unlessAborted(readable.readAsync(), signal);
    const pipe = new QueuedPipe({
      peerAddress: peripheral.address,
      maxValueBytes: maxValueBytesOf(peripheral.mtu ?? DEFAULT_MTU),
      ...(information === undefined ? {} : { information: Uint8Array.from(information.subarray(0, MAX_VALUE_BYTES)) }),
      write: (value) => {
        connection.activeAtMs = this.#options.now();
        return this.#write(peripheral, write, value, profile);
      },
      disconnect: () => peripheral.disconnect(),
    });
    update.on('data', (value: Buffer) => {
      connection.activeAtMs = this.#options.now();
      // Lost where nothing would repeat it, the rest makes no sense.
      if (!pipe.push(value) && profile.updates === 'indicate') peripheral.disconnect();
    });
    peripheral.once('disconnect', () => {
      pipe.end();
      update.removeAllListeners('data');
    });
    await unlessAborted(update.subscribeAsync(), signal);
    connection.isInUse = true;
    return pipe;
  }

  async #write(
    peripheral: NoblePeripheral,
    characteristic: NobleCharacteristic,
    value: Buffer,
    { writes }: GattProfile,
  ): Promise<void> {
    if (peripheral.state !== 'connected') throw new Error(`the connection is ${peripheral.state}`);
    if (writes === 'withResponse') await characteristic.writeAsync(value, false);
    else characteristic.write(value, true);
  }
}
