import { toBase64url } from '../../core/base64url.js';
import { toHex } from '../../core/bytes.js';
import { quote, WaypostError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { DeviceFrame, Reading } from '../reading.js';
import { eventHash } from './event-hash.js';
import { epcisUnit } from './units.js';

/** One thing that a sensor reported (EPCIS 2.0, 7.3.7). */
export interface SensorReport {
  /** A `gs1:MeasurementType` without its namespace, or a URI. */
  readonly type: string;
  readonly value?: number;
  /** Common code of UN/CEFACT Recommendation 20. */
  readonly uom?: string;
  readonly component?: string;
  readonly coordinateReferenceSystem?: string;
  readonly stringValue?: string;
  readonly booleanValue?: boolean;
  readonly hexBinaryValue?: string;
}

/** What was reported for one moment. */
export interface SensorElement {
  readonly sensorMetadata: {
    /** ISO 8601, UTC, milliseconds. */
    readonly time: string;
    readonly deviceID: string;
    /** `ni:///sha-256;...` of the device's frame (RFC 6920). */
    readonly rawData: string;
  };
  readonly sensorReport: readonly SensorReport[];
}

/** An event of EPCIS 2.0 that says what one frame of one device measured. */
export interface ObjectEvent {
  readonly eventID: string;
  readonly type: 'ObjectEvent';
  readonly action: 'OBSERVE';
  readonly bizStep: 'sensor_reporting';
  readonly eventTime: string;
  readonly eventTimeZoneOffset: '+00:00';
  readonly readPoint?: { readonly id: string };
  readonly sensorElementList: readonly SensorElement[];
}

/** How a device and what it measures are called outside. The same at every gateway that may hear the device. */
export interface EventNames {
  /** URI of a device. */
  deviceUri(deviceId: string): string;
  /** `gs1:MeasurementType` of readings with this name, where their unit does not say it. */
  typeOf?(readingName: string): string | undefined;
}

/** WGS 84 in degrees, what SenML means with `lat` and `lon`. */
const WGS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';
const FIRST_MS = Date.UTC(1, 0);
const LAST_MS = Date.UTC(9999, 11, 31);

/**
 * The event of a frame. Nothing that depends on the gateway is in it, so that it has one `eventID` wherever it is made,
 * provided that the times are the device's own and the location is known to be the same.
 *
 * Throws ERR_INVALID_ARGUMENT for a frame without readings or with times outside the years 1 to 9999.
 */
export function objectEvent(frame: DeviceFrame, names: EventNames, primitives: Primitives): ObjectEvent {
  const deviceID = names.deviceUri(frame.deviceId);
  const rawData = `ni:///sha-256;${toBase64url(frame.contentHash)}`;
  const byTime = new Map<string, SensorReport[]>();
  for (const reading of frame.readings) {
    const time = isoTime(reading.timeMs);
    const reports = byTime.get(time) ?? [];
    reports.push(sensorReport(reading, deviceID, names));
    byTime.set(time, reports);
  }
  const times = [...byTime.keys()].sort();
  const eventTime = times.at(-1);
  if (eventTime === undefined) throw new WaypostError('ERR_INVALID_ARGUMENT', 'a frame without readings is no event');
  const event = {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'sensor_reporting',
    eventTime,
    eventTimeZoneOffset: '+00:00',
    ...(frame.location === undefined ? {} : { readPoint: { id: frame.location } }),
    sensorElementList: times.map((time) => ({
      sensorMetadata: { time, deviceID, rawData },
      sensorReport: byTime.get(time) ?? [],
    })),
  } as const;
  return { eventID: eventHash(event as unknown as JsonObject, primitives), ...event };
}

/** A unit without a code is not guessed: the value travels as text together with it. */
function sensorReport({ name, unit, value }: Reading, deviceUri: string, names: EventNames): SensorReport {
  const known = unit === undefined ? undefined : epcisUnit(unit);
  const type = names.typeOf?.(name) ?? known?.type ?? quantityUri(deviceUri, name);
  if (typeof value === 'boolean') return { type, booleanValue: value };
  if (typeof value === 'string') return { type, stringValue: value };
  if (typeof value !== 'number') {
    return value.length === 0 ? { type, stringValue: '' } : { type, hexBinaryValue: toHex(value) };
  }
  if (!Number.isFinite(value)) return { type, stringValue: String(value) };
  if (unit === undefined) return { type, value };
  if (known === undefined) return { type, stringValue: `${value} ${unit}` };
  const { code, component } = known;
  const position = component === undefined ? {} : { component, coordinateReferenceSystem: WGS84 };
  return { type, value, uom: code, ...position };
}

/** What a device calls a quantity, as a URI: for readings of which nobody said what they are. */
function quantityUri(deviceUri: string, name: string): string {
  return `${deviceUri}${deviceUri.includes('#') ? '/' : '#'}${encodeURIComponent(name)}`;
}

function isoTime(timeMs: number): string {
  if (timeMs >= FIRST_MS && timeMs <= LAST_MS) return new Date(timeMs).toISOString();
  throw new WaypostError('ERR_INVALID_ARGUMENT', `the time ${quote(timeMs)} of a reading is outside the years to 9999`);
}
