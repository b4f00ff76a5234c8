import { WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import type { AbortOptions } from '../../src/transport/transport.js';
import type { BleAddress } from './address.js';
import type { AdapterState, Central, GattProfile, OpenCentral, Sighting, ValuePipe } from './ports.js';
import type { ConnectionSlots } from './slots.js';

interface GattClientOptions {
  readonly openCentral: OpenCentral;
  readonly slots: ConnectionSlots;
  /** The adapter may have been reset. */
  readonly onReset: () => void;
  readonly scheduler: Scheduler;
  /** How long to look for a peripheral and to connect to it. */
  readonly connectTimeoutMs: number;
}

/** Not every package says that there is no adapter. */
const START_MS = 3000;

/** The one central of this process. It is opened when it is first needed, and stays until it is disposed. */
export class GattClient implements AsyncDisposable {
  readonly #options: GattClientOptions;
  #central: Promise<Central> | undefined;
  #opened: Central | undefined;

  constructor(options: GattClientOptions) {
    this.#options = options;
  }

  /** Of the central's adapter; undefined as long as nobody needed it. */
  get state(): AdapterState | undefined {
    return this.#opened?.state;
  }

  /** Resolves when the adapter was started, or did not say so for three seconds. Throws ERR_PACKAGE_MISSING. */
  async start(): Promise<void> {
    const { started } = await this.#open();
    const late = withResolvers<void>();
    const cancel = this.#options.scheduler.after(START_MS, () => late.resolve());
    await Promise.race([started, late.promise]);
    cancel();
  }

  /** Throws ERR_NETWORK and ERR_BLUETOOTH (both retryable), ERR_PACKAGE_MISSING, or the signal's reason. */
  async connect(profile: GattProfile, { device, mtu }: BleAddress, { signal }: AbortOptions): Promise<ValuePipe> {
    signal?.throwIfAborted();
    const { scheduler, slots, connectTimeoutMs } = this.#options;
    if (!slots.hasRoom) {
      const message = `all ${slots.use.slots} Bluetooth connections are in use`;
      throw new WaypostError('ERR_NETWORK', message, { retryable: true });
    }
    const late = new AbortController();
    const cancel = scheduler.after(connectTimeoutMs, () => {
      const message = `no connection to ${device ?? 'a Bluetooth peripheral'} within ${connectTimeoutMs} ms`;
      late.abort(new WaypostError('ERR_NETWORK', message, { retryable: true }));
    });
    const ends = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    try {
      const central = await this.#open();
      return await central.connect({ profile, address: device, mtu, signal: ends });
    } finally {
      cancel();
    }
  }

  /** Who advertises any of `profiles` within the next `forMs`. Throws ERR_BLUETOOTH (retryable) and ERR_PACKAGE_MISSING. */
  async look(profiles: readonly GattProfile[], forMs: number): Promise<readonly Sighting[]> {
    const central = await this.#open();
    const over = new AbortController();
    const cancel = this.#options.scheduler.after(forMs, () => over.abort());
    try {
      return await central.look({ profiles, until: over.signal });
    } finally {
      cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const central = await this.#central?.catch(() => undefined);
    await central?.[Symbol.asyncDispose]();
  }

  #open(): Promise<Central> {
    const { openCentral, slots, onReset } = this.#options;
    const events = {
      onReset,
      onConnect: slots.admit.bind(slots),
      onDisconnect: slots.release.bind(slots),
    };
    this.#central ??= openCentral({ events }).then(
      (central) => {
        this.#opened = central;
        return central;
      },
      (error: unknown) => {
        this.#central = undefined;
        throw error;
      },
    );
    return this.#central;
  }
}
