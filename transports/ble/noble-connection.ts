import type { NoblePeripheral } from './package-types.js';
import type { RadioConnection } from './ports.js';
import { type RssiOptions, readInTime } from './rssi.js';

/** A peripheral that noble is connected to. */
export class NobleConnection implements RadioConnection {
  readonly address: string;
  readonly peer = 'peripheral';
  readonly connectedAtMs: number;
  readonly #peripheral: NoblePeripheral;
  readonly #options: RssiOptions;
  activeAtMs: number;
  isInUse = false;

  constructor(peripheral: NoblePeripheral, options: RssiOptions) {
    this.address = peripheral.address.toLowerCase();
    this.#peripheral = peripheral;
    this.#options = options;
    this.connectedAtMs = options.now();
    this.activeAtMs = this.connectedAtMs;
  }

  readRssi(): Promise<number | undefined> {
    return readInTime(this.#options.scheduler, (tell) => {
      this.#peripheral.once('rssiUpdate', tell);
      this.#peripheral.updateRssi();
      return () => this.#peripheral.removeListener('rssiUpdate', tell);
    });
  }

  disconnect(): void {
    this.#peripheral.disconnect();
  }
}
