import type { PackageLoader } from './open-packages.js';
import { STOPROCENT } from './package-types.js';

/** `@stoprocent/noble` and `@stoprocent/bleno`, the maintained forks: several connections at once. */
export const stoprocent: PackageLoader = {
  family: STOPROCENT,
  loadNoble: async () => (await import('@stoprocent/noble')).default,
  // One that found no adapter cannot be started again: each is a new one.
  loadBleno: async () => (await import('@stoprocent/bleno')).withBindings(),
};
