import type { Spaces } from '../store/key-value.js';

/** Registration of a device, by its id. JSON. Keys are in it: the data folder is for its owner's eyes only. */
export const DEVICES = 'sensor.devices';
/** What changes with the frames of a device, by its id; see `device-state.ts`. CBOR. */
export const DEVICE_STATES = 'sensor.states';

export const MAX_DEVICES = 10_000;

/** Whoever opens the store passes these on. */
export const SENSOR_SPACES: Spaces = {
  [DEVICES]: { maxEntries: MAX_DEVICES, maxValueBytes: 4096, whenFull: 'refuse' },
  [DEVICE_STATES]: { maxEntries: MAX_DEVICES, maxValueBytes: 2048, whenFull: 'refuse' },
};
