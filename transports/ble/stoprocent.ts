import type { PackageLoader } from './open-packages.js';
import { STOPROCENT } from './package-types.js';

/** `@stoprocent/noble` and `@stoprocent/bleno`, the maintained forks: several connections at once. */
export const stoprocent: PackageLoader = {
  family: STOPROCENT,
  loadNoble: async () => (await import('@stoprocent/noble')).default,
  loadBleno: async () => (await import('@stoprocent/bleno')).default,
};
