import { expect, test } from 'vitest';
import { seededRandom } from '../../../firmware-sim/random.js';
import { SimulatedClock } from '../../../firmware-sim/sensor/clock.js';
import { INSTRUMENTS, sticking } from '../../../firmware-sim/sensor/instruments.js';

const take = <T>(count: number, next: () => T): readonly T[] => Array.from({ length: count }, next);

test.each(Object.entries(INSTRUMENTS))('a %s shows the same row of values for the same numbers', (_, create) => {
  const [first, again, other] = [1, 1, 2].map((seed) => take(50, create(seededRandom(seed))));
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('an instrument that is stuck shows the same for a while, and goes on', () => {
  let count = 0;
  const stuckAtThird = [0.9, 0.9, 0.1, 0.9, 0.9, 0.9];
  const random = (): number => stuckAtThird.shift() ?? 0.9;
  const instrument = sticking(() => [{ name: 'n', unit: 'count', value: count++ }], 0.5, 4, random);
  expect(take(10, instrument).map(([shown]) => shown?.value)).toEqual([0, 1, 2, 2, 2, 2, 2, 3, 4, 5]);
});

test('a clock drifts, and knows the time only when it was told', () => {
  let nowMs = 0;
  const clock = new SimulatedClock({ monotonicMs: () => nowMs, driftPpm: 100 });
  expect(clock.timeOfDayS(clock.uptimeS())).toBeUndefined();
  clock.set(1_700_000_000);
  nowMs = 86_400_000;
  expect(clock.timeOfDayS(clock.uptimeS())).toBeCloseTo(1_700_000_000 + 86_400 + 8.64, 3);
  clock.forget();
  expect(clock.timeOfDayS(clock.uptimeS())).toBeUndefined();
});
