import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { WaitingEvent } from './waiting.js';

/** What was given up of a stream since the agent was told last. JSON in the store, and what the agent is told. */
export interface ThinnedNote {
  readonly count: number;
  /** When the first and the last of it were measured; seconds since 1970 UTC. */
  readonly from_time: number;
  readonly to_time: number;
  /** How many of which device; of more devices than {@link MAX_DEVICES} only the sum is told. */
  readonly devices: Readonly<Record<string, number>>;
}

/** Where the messages of a stream are in their thread. JSON in the store. */
export interface Series {
  readonly thid: string;
  /** How many were sent. */
  readonly sent: number;
}

const MAX_DEVICES = 200;
const NOTHING: ThinnedNote = { count: 0, from_time: Number.MAX_SAFE_INTEGER, to_time: 0, devices: {} };

export function readThinned(value: Uint8Array | undefined): ThinnedNote {
  return value === undefined ? NOTHING : (JSON.parse(fromUtf8(value)) as ThinnedNote);
}

/** With one event more. */
export function withThinned(note: ThinnedNote, { origin: { device }, event, records }: WaitingEvent): ThinnedNote {
  const times = event === undefined ? (records ?? []).map(({ t }) => t) : [Date.parse(event.eventTime) / 1000];
  const isListed = Object.hasOwn(note.devices, device) || Object.keys(note.devices).length < MAX_DEVICES;
  const known = Object.hasOwn(note.devices, device) ? (note.devices[device] ?? 0) : 0;
  return {
    count: note.count + 1,
    from_time: Math.min(note.from_time, ...times),
    to_time: Math.max(note.to_time, ...times),
    devices: isListed ? { ...note.devices, [device]: known + 1 } : note.devices,
  };
}

export function readSeries(value: Uint8Array | undefined): Series | undefined {
  return value === undefined ? undefined : (JSON.parse(fromUtf8(value)) as Series);
}

export function encodeSeries(series: Series): Uint8Array {
  return utf8(JSON.stringify(series));
}
