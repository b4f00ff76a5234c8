/*
 * Simulated lines, radios and devices: what `waypost sim` and `waypost demo` are made of, and what the tests of real drivers talk
 * to. Nothing else of this folder is used outside of it and of the tests.
 */

export { keepRealTime } from './bluetooth/pace.js';
export { hasBluetoothPackages, packagesOn } from './bluetooth/packages.js';
export { type Phone, Place } from './bluetooth/place.js';
export { RADIO_PROFILES, type RadioProfile } from './bluetooth/profiles.js';
export { serveUart } from './bluetooth/uart.js';
export { type DeviceEvent, type DeviceOptions, runDevice, type Text } from './device/device.js';
export { createMemoryLine } from './line/memory-line.js';
export { hasPtys, openPty } from './line/pty.js';
export { openPtyLine } from './line/pty-line.js';
export { type LineToCut, openLineToCut } from './line-to-cut.js';
export { LINK_PROFILES, type LinkProfile } from './profiles.js';
export { seededRandom } from './random.js';
export { SimulatedClock } from './sensor/clock.js';
export type { SensorEvent } from './sensor/events.js';
export { INSTRUMENTS, type InstrumentKind, sticking } from './sensor/instruments.js';
export { Journal, type JournalEntry } from './sensor/journal.js';
export { lineOver, type SensorLine } from './sensor/line.js';
export { dialMqtt } from './sensor/mqtt-line.js';
export { replaying } from './sensor/replay.js';
export { runSensor } from './sensor/run-sensor.js';
export { SENSOR_SCENARIOS, type SensorScenario, STUCK_READINGS } from './sensor/scenarios.js';
export { Sensor } from './sensor/sensor.js';
