/*
 * Simulated lines and devices: what `waypost sim` and `waypost demo` are made of, and what the tests of real drivers talk
 * to. Nothing else of this folder is used outside of it and of the tests.
 */

export { type DeviceEvent, runDevice } from './device/device.js';
export { createMemoryLine } from './line/memory-line.js';
export { hasPtys } from './line/pty.js';
export { openPtyLine } from './line/pty-line.js';
export { LINK_PROFILES, type LinkProfile } from './profiles.js';
export { seededRandom } from './random.js';
