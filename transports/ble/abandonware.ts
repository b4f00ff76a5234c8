import type { PackageLoader } from './open-packages.js';
import { ABANDONWARE } from './package-types.js';

/** `@abandonware/noble` and `@abandonware/bleno`: one central at a time, an MTU of 256. */
export const abandonware: PackageLoader = {
  family: ABANDONWARE,
  loadNoble: async () => (await import('@abandonware/noble')).default,
  loadBleno: async () => (await import('@abandonware/bleno')).default,
};
