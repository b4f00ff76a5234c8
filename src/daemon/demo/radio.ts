import type { Phone as PhoneAtPlace } from '../../../firmware-sim/index.js';
import type { BluetoothPackages } from '../../../transports/index.js';
import { createScheduler } from '../../core/scheduler.js';
import type { Cleanup } from '../run/cleanup.js';

/** A simulated Bluetooth with a gateway in it. */
export interface DemoRadio {
  /** What the gateway runs on. */
  readonly packages: BluetoothPackages;
  /** A phone in range. */
  addPhone(): PhoneAtPlace & { readonly packages: BluetoothPackages };
}

const SEED = 1;

/** Undefined where the packages of Bluetooth, which are optional, are not installed. */
export async function openDemoRadio(cleanup: Cleanup): Promise<DemoRadio | undefined> {
  const { hasBluetoothPackages, keepRealTime, packagesOn, Place, RADIO_PROFILES, seededRandom } = await import(
    '../../../firmware-sim/index.js'
  );
  if (!hasBluetoothPackages()) return undefined;
  const place = new Place(RADIO_PROFILES.near, seededRandom(SEED));
  const time = keepRealTime(place.timeline, { scheduler: createScheduler(), monotonicMs: () => performance.now() });
  cleanup.defer(() => time[Symbol.dispose]());
  return {
    packages: packagesOn(place.addGateway()),
    addPhone() {
      const phone = place.addPhone();
      return { ...phone, packages: packagesOn(phone.computer) };
    },
  };
}
