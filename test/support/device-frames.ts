import fc from 'fast-check';
import type { DeviceFrame, Reading } from '../../src/sensor/reading.js';
import { primitives } from './station.js';

/** A frame of one reading at a fixed time, with `changes`. */
export function deviceFrame(changes: Partial<DeviceFrame> = {}): DeviceFrame {
  const content =
    changes.content ?? new TextEncoder().encode(`${changes.deviceId}/${changes.epoch}/${changes.counter}`);
  return {
    deviceId: 't1',
    epoch: 1,
    counter: 1,
    attestedBy: 'device',
    receivedAtMs: Date.UTC(2026, 0, 1, 12),
    clockQuality: 'ntp',
    timeFrom: 'device',
    content,
    contentHash: primitives.sha256(content),
    location: 'urn:epc:id:sgln:4012345.00005.0',
    readings: [{ name: 'temp', unit: 'Cel', value: 4.5, timeMs: Date.UTC(2026, 0, 1, 11, 59, 58) }],
    ...changes,
  };
}

/**
 * Texts that are only texts: neither dates nor numbers, which the two implementations of the event hash read differently,
 * one of them as loosely as `Date.parse`.
 */
const plainText = fc.string({ maxLength: 20, unit: 'grapheme' }).filter((text) => !/\d/.test(text) && !/:/.test(text));

const anyReading: fc.Arbitrary<Reading> = fc.record(
  {
    name: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcXYZ019-:./_') }),
    unit: fc.oneof(fc.constantFrom('Cel', '%RH', 'lx', 'lat', 'lon', 'V', 'Pa', 'count', '/'), fc.constant('furlong')),
    value: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      plainText,
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Uint8Array.of(0xab, ...bytes)),
    ),
    timeMs: fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2100, 0) }),
  },
  { requiredKeys: ['name', 'value', 'timeMs'] },
);

export const anyFrame: fc.Arbitrary<DeviceFrame> = fc
  .record({
    deviceId: fc.string({ minLength: 1, maxLength: 16, unit: fc.constantFrom(...'abcXYZ019-._') }),
    epoch: fc.nat(100),
    counter: fc.nat(100_000),
    content: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    location: fc.constantFrom(
      'urn:epc:id:sgln:4012345.00005.0',
      'https://example.org/414/4012345000054',
      'geo:52.5,13.4',
    ),
    readings: fc.array(anyReading, { minLength: 1, maxLength: 6 }),
  })
  .map(deviceFrame);
