import type { Random } from '../random.js';
import type { Measurement } from './senml.js';

/** What a device measures with; the same row of values for the same numbers. */
export type Instrument = () => readonly Measurement[];

/** The kinds of simulated devices, as `waypost sim --device` takes them. */
export const INSTRUMENTS = {
  thermometer: (random: Random): Instrument => {
    const celsius = walk(random, { start: 4, step: 0.25, from: -25, to: 40 });
    return () => [{ name: 't', unit: 'Cel', value: inSteps(celsius(), 16) }];
  },
  tracker: (random: Random): Instrument => {
    const latitude = walk(random, { start: 53.54, step: 0.0004, from: 47, to: 55 });
    const longitude = walk(random, { start: 9.99, step: 0.0006, from: 6, to: 15 });
    return () => [
      { name: 'lat', unit: 'lat', value: inSteps(latitude(), 1e5) },
      { name: 'lon', unit: 'lon', value: inSteps(longitude(), 1e5) },
    ];
  },
  beacon: (random: Random): Instrument => {
    const celsius = walk(random, { start: 19, step: 0.25, from: -20, to: 45 });
    const humidity = walk(random, { start: 55, step: 1, from: 0, to: 100 });
    return () => [
      { name: 't', unit: 'Cel', value: inSteps(celsius(), 16) },
      { name: 'rh', unit: '%RH', value: inSteps(humidity(), 2) },
    ];
  },
} as const satisfies Readonly<Record<string, (random: Random) => Instrument>>;

export type InstrumentKind = keyof typeof INSTRUMENTS;

/** An instrument that gets stuck: from time to time it shows the same for `forReadings`. */
export function sticking(instrument: Instrument, part: number, forReadings: number, random: Random): Instrument {
  let shown: readonly Measurement[] = [];
  let left = 0;
  return () => {
    if (left > 0) {
      left--;
      return shown;
    }
    shown = instrument();
    if (random() < part) left = forReadings;
    return shown;
  };
}

interface Walk {
  readonly start: number;
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

/** Each value near the one before. */
function walk(random: Random, { start, step, from, to }: Walk): () => number {
  let value = start;
  return () => {
    value = Math.min(to, Math.max(from, value + (random() - 0.5) * 2 * step));
    return value;
  };
}

/** As a converter shows it, in so many steps of a unit. */
function inSteps(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
