import { WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import type { AbortOptions } from '../../src/transport/transport.js';
import type { BleAddress } from './address.js';
import type { Central, GattProfile, OpenCentral, ValuePipe } from './ports.js';

interface GattClientOptions {
  readonly openCentral: OpenCentral;
  readonly scheduler: Scheduler;
  /** How long to look for a peripheral and to connect to it. */
  readonly connectTimeoutMs: number;
}

/** The one central of this process. It is opened when it is first needed, and stays until it is disposed. */
export class GattClient implements AsyncDisposable {
  readonly #options: GattClientOptions;
  #central: Promise<Central> | undefined;

  constructor(options: GattClientOptions) {
    this.#options = options;
  }

  /** Throws ERR_NETWORK and ERR_BLUETOOTH (both retryable), ERR_PACKAGE_MISSING, or the signal's reason. */
  async connect(profile: GattProfile, { device, mtu }: BleAddress, { signal }: AbortOptions): Promise<ValuePipe> {
    signal?.throwIfAborted();
    const { scheduler, connectTimeoutMs } = this.#options;
    const late = new AbortController();
    const cancel = scheduler.after(connectTimeoutMs, () => {
      const message = `no connection to ${device ?? 'a Bluetooth peripheral'} within ${connectTimeoutMs} ms`;
      late.abort(new WaypostError('ERR_NETWORK', message, { retryable: true }));
    });
    const ends = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    try {
      const central = await this.#opened();
      return await central.connect({ profile, address: device, mtu, signal: ends });
    } finally {
      cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const central = await this.#central?.catch(() => undefined);
    await central?.[Symbol.asyncDispose]();
  }

  #opened(): Promise<Central> {
    this.#central ??= this.#options.openCentral().catch((error: unknown) => {
      this.#central = undefined;
      throw error;
    });
    return this.#central;
  }
}
