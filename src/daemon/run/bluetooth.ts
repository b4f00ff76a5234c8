import { type Ble, type BluetoothPackages, openBle } from '../../../transports/index.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { shortFormOf } from '../../did/short-form.js';
import type { Config } from '../config/schema.js';
import { linkOptions, type StationLinkOptions } from './link-options.js';

interface BluetoothOptions extends Omit<StationLinkOptions, 'stationName'> {
  /** For phones that ask who this is; and by which the other end knows us again after a restart. */
  readonly did: string;
  readonly settings: Config['bluetooth'];
  /** Instead of those that the settings name. */
  readonly packages: BluetoothPackages | undefined;
}

/** In `bluetooth.seek`: whoever offers a profile. */
const SEEK_ALL = 'all';
/** What a peripheral says of itself has 512 bytes; a longer DID goes by its short form there. */
const MAX_SAID_CHARS = 380;

/** Bluetooth LE for this process. Its packages are loaded when somebody listens or seeks. */
export function openBluetooth({ did, settings, packages, ...station }: BluetoothOptions): Promise<Ble> {
  const primitives = createNodePrimitives();
  const shortForm = (text: string) => shortFormOf(primitives, text) ?? text;
  const { slots, seek } = settings;
  return openBle({
    ...linkOptions({ ...station, stationName: did }),
    packages: packages ?? settings.packages,
    slots: { slots },
    did: did.length <= MAX_SAID_CHARS ? did : shortForm(did),
    ...(seek.length === 0 ? {} : { seek: { whom: seek.includes(SEEK_ALL) ? SEEK_ALL : seek, canonical: shortForm } }),
  });
}

/** Whether a gateway uses Bluetooth at all. */
export function usesBluetooth({ links, bluetooth }: Pick<Config, 'links' | 'bluetooth'>): boolean {
  return links.listen.some(isBluetooth) || bluetooth.seek.length > 0;
}

/** Whether an address of `links.listen` is one of Bluetooth. */
export function isBluetooth(address: string): boolean {
  return /^ble(-dif)?:/.test(address);
}
