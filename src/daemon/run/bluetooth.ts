import { type Ble, type BluetoothPackages, openBle } from '../../../transports/index.js';
import type { Config } from '../config/schema.js';
import { linkOptions, type StationLinkOptions } from './link-options.js';

interface BluetoothOptions extends Omit<StationLinkOptions, 'stationName'> {
  /** For phones that ask who this is; and by which the other end knows us again after a restart. */
  readonly did: string;
  readonly settings: Config['bluetooth'];
  /** Instead of those that the settings name. */
  readonly packages: BluetoothPackages | undefined;
}

/** Bluetooth LE for this process. Its packages are loaded when somebody listens. */
export function openBluetooth({ did, settings, packages, ...station }: BluetoothOptions): Promise<Ble> {
  return openBle({
    ...linkOptions({ ...station, stationName: did }),
    packages: packages ?? settings.packages,
    slots: { slots: settings.slots },
    did,
  });
}

/** Whether an address of `links.listen` is one of Bluetooth. */
export function isBluetooth(address: string): boolean {
  return /^ble(-dif)?:/.test(address);
}
