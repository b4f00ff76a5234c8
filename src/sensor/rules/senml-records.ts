import { toBase64url } from '../../core/base64url.js';
import type { Reading } from '../reading.js';

/** A resolved record of SenML in JSON (RFC 8428, 4.6 and 5): it depends on no other, and its time is absolute. */
export interface SenmlRecord {
  readonly n: string;
  readonly u?: string;
  /** Seconds since 1970 UTC. */
  readonly t: number;
  readonly v?: number;
  readonly vs?: string;
  readonly vb?: boolean;
  /** Base64url. */
  readonly vd?: string;
}

/** Readings of one device. Names are made unique with its id, where they do not begin with it (RFC 8428, 4.5.1). */
export function senmlRecords(deviceId: string, readings: readonly Reading[]): readonly SenmlRecord[] {
  return readings.map(({ name, unit, value, timeMs }) => ({
    n: name.startsWith(deviceId) ? name : `${deviceId}/${name}`,
    ...(unit === undefined ? {} : { u: unit }),
    t: timeMs / 1000,
    ...recordValue(value),
  }));
}

function recordValue(value: Reading['value']): Pick<SenmlRecord, 'v' | 'vs' | 'vb' | 'vd'> {
  if (typeof value === 'number') return Number.isFinite(value) ? { v: value } : { vs: String(value) };
  if (typeof value === 'string') return { vs: value };
  return typeof value === 'boolean' ? { vb: value } : { vd: toBase64url(value) };
}
