import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { adapterObstacle } from './adapter-state.js';
import type { AdapterState, GattProfile, OpenPeripheral, Peripheral, ValuePipe } from './ports.js';
import { PROFILES } from './profiles.js';
import type { ConnectionSlots } from './slots.js';

interface GattServerOptions {
  readonly openPeripheral: OpenPeripheral;
  /** What can be read by whoever connects; at most 512 bytes. */
  readonly information: Uint8Array;
  readonly slots: ConnectionSlots;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Pipes of centrals that subscribed to one profile. Disposing takes no new ones; those that were taken stay open. */
interface PipeListener extends AsyncIterable<ValuePipe>, AsyncDisposable {}

/** An adapter that is plugged in is found this soon. */
const RETRY_MS = 5000;
/** Pipes that wait to be taken. */
const WAITING_PIPES = 8;

/**
 * The one peripheral of this process, shared by the profiles that somebody listens on. It is opened with the first
 * listener and stays until it is disposed, because the packages cannot be started twice.
 */
export class GattServer implements AsyncDisposable {
  readonly #options: GattServerOptions;
  readonly #listeners = new Map<GattProfile, BoundedQueue<ValuePipe>>();
  /** The first attempt to open it. */
  #started: Promise<void> | undefined;
  #peripheral: Peripheral | undefined;
  #isOpen = true;
  #cancelRetry: () => void = () => {};
  #state: AdapterState = 'unknown';

  constructor(options: GattServerOptions) {
    this.#options = options;
  }

  get state(): AdapterState {
    return this.#state;
  }

  /**
   * Waits for centrals, also while there is no adapter that could be used. Throws ERR_LISTEN when somebody listens on
   * the profile already, or the package cannot be loaded.
   */
  async listen(profile: GattProfile): Promise<PipeListener> {
    if (this.#listeners.has(profile)) {
      throw new WaypostError('ERR_LISTEN', `the Bluetooth service ${profile.serviceUuid} is in use by this process`);
    }
    const pipes = new BoundedQueue<ValuePipe>(WAITING_PIPES);
    this.#listeners.set(profile, pipes);
    try {
      this.#started ??= this.#start();
      await this.#started;
      this.#advertise();
    } catch (cause) {
      this.#listeners.delete(profile);
      if (!isWaypostError(cause)) throw cause;
      throw new WaypostError('ERR_LISTEN', cause.message, { cause });
    }
    return {
      [Symbol.asyncIterator]: () => pipes[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => {
        if (this.#listeners.get(profile) === pipes) {
          this.#listeners.delete(profile);
          this.#advertise();
        }
        for (const pipe of pipes.clear()) await pipe[Symbol.asyncDispose]();
      },
    };
  }

  /** For an adapter that somebody else may have reset. */
  advertiseAgain(): void {
    if (this.#listeners.size > 0) this.#advertise();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pipes of this.#listeners.values()) pipes.end();
    this.#listeners.clear();
    this.#isOpen = false;
    await this.#started?.catch(() => undefined);
    this.#cancelRetry();
    await this.#peripheral?.[Symbol.asyncDispose]();
  }

  /** Throws what trying again does not help against; where there is only no adapter, it is looked for until there is one. */
  async #start(): Promise<void> {
    try {
      this.#peripheral = await this.#open();
      this.#advertise();
    } catch (error) {
      if (!isWaypostError(error, 'ERR_BLUETOOTH')) {
        this.#started = undefined;
        throw error;
      }
      this.#stateChanged('unsupported');
      if (this.#isOpen) this.#cancelRetry = this.#options.scheduler.after(RETRY_MS, () => this.#retry());
    }
  }

  #retry(): void {
    this.#start().catch((error: unknown) => this.#options.logger.warn('ble.failed', { message: String(error) }));
  }

  async #open(): Promise<Peripheral> {
    const { openPeripheral, information, slots } = this.#options;
    const peripheral = await openPeripheral({
      profiles: PROFILES,
      information,
      events: {
        onConnect: (connection) => slots.admit(connection),
        onDisconnect: (connection) => slots.release(connection),
        onPipe: (profile, pipe) => this.#took(profile, pipe),
        onState: (state) => this.#stateChanged(state),
      },
    });
    if (peripheral.maxConnections !== undefined) slots.limit(peripheral.maxConnections);
    return peripheral;
  }

  #advertise(): void {
    this.#peripheral?.advertise(PROFILES.filter((profile) => this.#listeners.has(profile)));
  }

  #took(profile: GattProfile, pipe: ValuePipe): void {
    if (this.#listeners.get(profile)?.push(pipe) !== true) void pipe[Symbol.asyncDispose]();
  }

  #stateChanged(state: AdapterState): void {
    if (state === this.#state) return;
    this.#state = state;
    const obstacle = adapterObstacle(state);
    const { logger } = this.#options;
    if (obstacle === undefined) logger.info('ble.adapter', { state });
    else logger.warn('ble.adapter', { state, message: obstacle.what, fix: obstacle.fix });
  }
}
