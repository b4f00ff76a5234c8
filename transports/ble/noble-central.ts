import { once } from 'node:events';
import { WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { Mutex } from '../../src/core/mutex.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { adapterError } from './adapter-state.js';
import { stopPackage, tame } from './package-insides.js';
import type { Noble, NobleCharacteristic, NoblePeripheral } from './package-types.js';
import type { AdapterState, Central, ConnectOptions, GattProfile, ValuePipe } from './ports.js';
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

/** The central's role over a noble of either family. */
export class NobleCentral implements Central {
  readonly #noble: Noble;
  /** Controllers do not scan while they connect, and noble keeps one set of callbacks for all attempts. */
  readonly #attempts = new Mutex();
  readonly #closed = new AbortController();
  readonly #connected = new Set<NoblePeripheral>();
  #state: AdapterState = 'unknown';

  constructor(noble: Noble, logger: Logger) {
    this.#noble = noble;
    noble.setMaxListeners(0); // each operation that waits listens for the end of its connection
    let isTamed = false;
    noble.on('stateChange', (state: AdapterState) => {
      if (!isTamed) tame(noble, logger);
      isTamed = true;
      this.#state = state;
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
        await this.#open(peripheral, options.mtu, signal);
        return await this.#subscribe(peripheral, options.profile, signal);
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

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort(new WaypostError('ERR_CHANNEL_CLOSED', 'the Bluetooth adapter is given back'));
      for (const peripheral of this.#connected) peripheral.disconnect();
      stopPackage(this.#noble);
    }
    return Promise.resolve();
  }

  async #ready(signal: AbortSignal): Promise<void> {
    while (PASSING_STATES.includes(this.#state)) await once(this.#noble, 'stateChange', { signal });
    if (this.#state !== 'poweredOn') throw adapterError(this.#state);
  }

  async #find({ profile, address }: ConnectOptions, signal: AbortSignal): Promise<NoblePeripheral> {
    const found = withResolvers<NoblePeripheral>();
    const look = (peripheral: NoblePeripheral) => {
      if (address === undefined || peripheral.address.toLowerCase() === address) found.resolve(peripheral);
    };
    this.#noble.on('discover', look);
    try {
      await unlessAborted(this.#noble.startScanningAsync([profile.serviceUuid], false), signal);
      return await unlessAborted(found.promise, signal);
    } finally {
      this.#noble.removeListener('discover', look);
      // An event that the host lost would be waited for in vain, and all further attempts behind it.
      if (this.#state === 'poweredOn') await unlessAborted(this.#noble.stopScanningAsync(), signal);
    }
  }

  async #open(peripheral: NoblePeripheral, mtu: number, signal: AbortSignal): Promise<void> {
    if (peripheral.state === 'connected') {
      const message = `there is a Bluetooth connection to ${peripheral.address} already`;
      throw new WaypostError('ERR_NETWORK', message, { retryable: true });
    }
    await unlessAborted(peripheral.connectAsync({ mtu, ...INTERVAL }), signal);
    this.#connected.add(peripheral);
    peripheral.once('disconnect', () => this.#connected.delete(peripheral));
  }

  async #subscribe(peripheral: NoblePeripheral, profile: GattProfile, signal: AbortSignal): Promise<ValuePipe> {
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
      write: (value) => this.#write(peripheral, write, value, profile),
      disconnect: () => peripheral.disconnect(),
    });
    update.on('data', (value: Buffer) => {
      // Lost where nothing would repeat it, the rest makes no sense.
      if (!pipe.push(value) && profile.updates === 'indicate') peripheral.disconnect();
    });
    peripheral.once('disconnect', () => {
      pipe.end();
      update.removeAllListeners('data');
    });
    await unlessAborted(update.subscribeAsync(), signal);
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
