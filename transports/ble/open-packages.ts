import { quote, WaypostError } from '../../src/core/errors.js';
import { BlenoPeripheral } from './bleno-peripheral.js';
import { NobleCentral } from './noble-central.js';
import { allowMtu, type TamingOptions } from './package-insides.js';
import type { Bleno, Family, Noble } from './package-types.js';
import type { OpenCentral, OpenPeripheral } from './ports.js';

/** How a family of packages is loaded; what they export is the one instance of this process. */
export interface PackageLoader {
  readonly family: Family;
  loadNoble(): Promise<unknown>;
  loadBleno(): Promise<unknown>;
}

interface OpenersOptions extends TamingOptions {
  readonly loader: PackageLoader;
  /** Lets the peripheral agree to an MTU above 256, up to 517. */
  readonly maxMtu?: number;
}

/** Both roles on the packages of a family. Opening throws ERR_PACKAGE_MISSING where they cannot be loaded. */
export function createOpeners({ loader, maxMtu, ...common }: OpenersOptions): {
  readonly openCentral: OpenCentral;
  readonly openPeripheral: OpenPeripheral;
} {
  const { family } = loader;
  return {
    openCentral: async (options) =>
      new NobleCentral({ ...options, ...common, noble: await loaded<Noble>(() => loader.loadNoble()) }),
    openPeripheral: async (options) => {
      const bleno = await loaded<Bleno>(() => loader.loadBleno());
      if (maxMtu !== undefined) allowMtu(bleno, maxMtu);
      return new BlenoPeripheral({ ...options, ...common, bleno, family });
    },
  };
}

/** Packages throw at import where the kernel has no Bluetooth, and where no binary was built for this machine. */
async function loaded<T>(load: () => Promise<unknown>): Promise<T> {
  try {
    return (await load()) as T;
  } catch (cause) {
    const message = `the Bluetooth package cannot be loaded: ${quote(String(cause), 200)}`;
    throw new WaypostError('ERR_PACKAGE_MISSING', message, { cause });
  }
}
