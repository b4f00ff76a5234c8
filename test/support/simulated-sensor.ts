import { randomBytes } from 'node:crypto';
import { SimulatedClock } from '../../firmware-sim/sensor/clock.js';
import type { DeviceKey } from '../../firmware-sim/sensor/cose.js';
import type { SensorEvent } from '../../firmware-sim/sensor/events.js';
import { Journal } from '../../firmware-sim/sensor/journal.js';
import { Sensor, type SensorOptions } from '../../firmware-sim/sensor/sensor.js';

export const SECRET = new TextEncoder().encode('0123456789abcdef'.repeat(2));
export const KEY: DeviceKey = { authentication: 'hmac-256-64', secret: SECRET };

export interface TestSensorOptions extends Partial<SensorOptions> {
  readonly monotonicMs?: () => number;
  /** What its clock shows at first. */
  readonly timeS?: number;
}

/** A sensor that counts what it measures, and everything that happens to it. */
export function testSensor({ monotonicMs = () => 0, timeS, ...options }: TestSensorOptions = {}) {
  const events: SensorEvent[] = [];
  const journal = new Journal();
  let count = 0;
  const sensor = new Sensor({
    id: 't1',
    key: KEY,
    instrument: () => [{ name: 't', unit: 'Cel', value: count++ }],
    clock: new SimulatedClock({ monotonicMs, ...(timeS === undefined ? {} : { timeS }) }),
    hasFlash: true,
    firstEpoch: 1,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    say: (event) => {
      events.push(event);
      journal.note(event);
    },
    ...options,
  });
  return {
    sensor,
    journal,
    events,
    of: <E extends SensorEvent['event']>(name: E) =>
      events.filter((event): event is Extract<SensorEvent, { event: E }> => event.event === name),
    measure(times: number) {
      for (let n = 0; n < times; n++) sensor.measure();
    },
  };
}
