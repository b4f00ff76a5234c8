import { type Cbor, encodeCbor } from './cbor.js';

/*
 * SenML in CBOR (RFC 8428, 6).
 */

const LABEL = { baseTime: -3, baseUnit: -4, name: 0, unit: 1, value: 2, time: 6 } as const;

/** One value that an instrument shows. */
export interface Measurement {
  readonly name: string;
  /** A SenML unit, such as `Cel`. */
  readonly unit: string;
  readonly value: number;
}

/** What was measured at one moment. */
export interface Timed {
  readonly measurements: readonly Measurement[];
  /** Seconds since 1970 UTC; or, for a device that does not know them, seconds from now, below 0. */
  readonly timeS: number;
}

/** Sixteenths of a second take three bytes in most places; no clock of such a device is better. */
const STEPS_PER_S = 16;

/** `isAbsolute` says what the times of all samples are. */
export function encodePack(samples: readonly Timed[], isAbsolute: boolean): Uint8Array {
  const baseS = isAbsolute ? Math.floor(samples[0]?.timeS ?? 0) : 0;
  const units = new Set(samples.flatMap(({ measurements }) => measurements.map(({ unit }) => unit)));
  const [onlyUnit] = units.size === 1 ? units : [];
  const records = samples.flatMap(({ measurements, timeS }) =>
    measurements.map(({ name, unit, value }) => {
      const record = new Map<number, Cbor>([
        [LABEL.name, name],
        [LABEL.value, value],
      ]);
      if (onlyUnit === undefined) record.set(LABEL.unit, unit);
      const offsetS = Math.round((timeS - baseS) * STEPS_PER_S) / STEPS_PER_S;
      if (offsetS !== 0) record.set(LABEL.time, offsetS);
      return record;
    }),
  );
  const [first] = records;
  if (isAbsolute) first?.set(LABEL.baseTime, baseS);
  if (onlyUnit !== undefined) first?.set(LABEL.baseUnit, onlyUnit);
  return encodeCbor(records);
}
