import { quote, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { BlenoPeripheral } from './bleno-peripheral.js';
import { NobleCentral } from './noble-central.js';
import { allowMtu } from './package-insides.js';
import type { Family } from './package-types.js';
import type { OpenCentral, OpenPeripheral } from './ports.js';

/** How a family of packages is loaded; what they export is the one instance of this process. */
export interface PackageLoader {
  readonly family: Family;
  loadNoble(): Promise<unknown>;
  loadBleno(): Promise<unknown>;
}

interface OpenersOptions {
  readonly loader: PackageLoader;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Lets the peripheral agree to an MTU above 256, up to 517. */
  readonly maxMtu?: number;
}

/** Both roles on the packages of a family. Opening throws ERR_PACKAGE_MISSING where they cannot be loaded. */
export function createOpeners({ loader, now, logger, maxMtu }: OpenersOptions): {
  readonly openCentral: OpenCentral;
  readonly openPeripheral: OpenPeripheral;
} {
  const { family } = loader;
  return {
    openCentral: async () => new NobleCentral(await loaded(() => loader.loadNoble()), logger),
    openPeripheral: async (options) => {
      const bleno = await loaded<BlenoOf>(() => loader.loadBleno());
      if (maxMtu !== undefined) allowMtu(bleno, maxMtu);
      return new BlenoPeripheral({ ...options, bleno, family, now, logger });
    },
  };
}

type BlenoOf = ConstructorParameters<typeof BlenoPeripheral>[0]['bleno'];

/** Packages throw at import where the kernel has no Bluetooth, and where no binary was built for this machine. */
async function loaded<T>(load: () => Promise<unknown>): Promise<T> {
  try {
    return (await load()) as T;
  } catch (cause) {
    const message = `the Bluetooth package cannot be loaded: ${quote(String(cause), 200)}`;
    throw new WaypostError('ERR_PACKAGE_MISSING', message, { cause });
  }
}
