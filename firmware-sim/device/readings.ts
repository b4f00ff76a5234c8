import type { Random } from '../random.js';

const START_CELSIUS = 19;
const STEP_CELSIUS = 0.4;
const CELSIUS = { from: -10, to: 40 };

/** What a thermometer on a windowsill shows: each value near the one before, the same row for the same numbers. */
export function* readings(random: Random): Generator<string, never, undefined> {
  let celsius = START_CELSIUS;
  for (;;) {
    celsius += (random() - 0.5) * 2 * STEP_CELSIUS;
    celsius = Math.min(CELSIUS.to, Math.max(CELSIUS.from, celsius));
    yield `temperature ${celsius.toFixed(1)} Cel`;
  }
}
