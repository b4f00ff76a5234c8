import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/logger.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { toNewDevice } from '../../src/sensor/device.js';
import { RULE_SPACES } from '../../src/sensor/rules/spaces.js';
import { createSensors, type SensorPeer, type Sensors } from '../../src/sensor/sensors.js';
import { SENSOR_SPACES } from '../../src/sensor/spaces.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { createArrival } from '../../src/transport/arrival.js';
import { ManualClock } from '../support/manual-clock.js';
import { type Cbor, cbor, SensorDevice } from '../support/sensor-device.js';
import { bundledWorker } from '../support/store-worker.js';
import { median } from './measure.js';
import type { BenchReport, Measurement } from './report.js';
import { eventOutlet, measureUpstream } from './sensor-events.js';

/*
 * What sensor frames cost: from the bytes of a frame to its readings and its number in the durable store, and the answer made.
 * 50 devices, each of which waits for its answer, as they do. Readings a second, also of CPU time of all threads, and the bytes
 * that a reading takes on the wire.
 */

const BENCH = 'sensor';
const DEVICES = 50;
const ROUNDS = 5;
const FRAMES_PER_ROUND = 2000;
const HUGE = { messages: 1e9, bytes: 1e12 };
const UNLIMITED = { perSecond: 1e9, burst: 1e9 };

const CASES = [
  { kind: 'hmac-256-64', readings: 1 },
  { kind: 'hmac-256-64', readings: 10 },
  { kind: 'eddsa', readings: 1 },
  { kind: 'eddsa', readings: 10 },
  { kind: 'es256', readings: 10 },
  { kind: 'hmac-256-64', readings: 1, isEvent: true },
  { kind: 'hmac-256-64', readings: 10, isEvent: true },
] as const;
type Case = (typeof CASES)[number];

const PEER: SensorPeer = { source: 'bench', canReply: true, onClose: () => {} };

/** Takes about 20 seconds. It only measures: disks differ too much for a bar. */
export async function runSensorBench(): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
  try {
    const measurements: Measurement[] = [];
    for (const [index, each] of CASES.entries()) {
      measurements.push(...(await measure(each, join(folder, `${index}.sqlite`))));
    }
    measurements.push(...(await measureUpstream()));
    return { measurements, bars: [] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(each: Case, path: string): Promise<readonly Measurement[]> {
  const clock = new ManualClock();
  const limits = { total: HUGE, perDestination: HUGE, perDepositor: HUGE };
  const { store } = await openSqliteStore({
    path,
    clock,
    worker: bundledWorker(),
    limits,
    spaces: { ...SENSOR_SPACES, ...RULE_SPACES },
  });
  await using _ = store;
  const sensors = createSensors({
    store,
    primitives: createNodePrimitives(),
    clock,
    logger: silentLogger,
    limits: { perSource: UNLIMITED, perDevice: UNLIMITED },
    ...('isEvent' in each ? { outlets: [eventOutlet(store, clock)] } : {}),
  });
  const devices = Array.from({ length: DEVICES }, (_, i) => new SensorDevice(`d${i}`, each.kind));
  for (const device of devices) await sensors.devices.add(toNewDevice(device.registration));
  const perSecond: number[] = [];
  const perCpuSecond: number[] = [];
  let bytes = 0;
  for (let round = -1; round < ROUNDS; round++) {
    const frames = devices.map((device) => framesOf(device, each.readings, round + 1));
    bytes = frames[0]?.[0]?.length ?? 0;
    const { seconds, cpuSeconds } = await timed(() => Promise.all(frames.map((own) => sendAll(sensors, own))));
    const readings = FRAMES_PER_ROUND * each.readings;
    if (round < 0) continue;
    perSecond.push(readings / seconds);
    perCpuSecond.push(readings / cpuSeconds);
  }
  const refused = Object.entries(sensors.status().refused);
  if (refused.length > 0) throw new Error(`frames were refused: ${refused.join()}`);
  const name = `${each.kind}, ${each.readings} a frame${'isEvent' in each ? ', EPCIS event' : ''}`;
  const row = (subject: string, value: number, unit: string) => ({ bench: BENCH, case: name, subject, value, unit });
  return [
    row('readings stored/s', Math.round(median(perSecond)), 'readings/s'),
    row('of CPU time', Math.round(median(perCpuSecond)), 'readings/CPU-s'),
    row('on the wire', Math.round((10 * bytes) / each.readings) / 10, 'bytes/reading'),
  ];
}

function framesOf(device: SensorDevice, readings: number, round: number): readonly Buffer[] {
  const perDevice = FRAMES_PER_ROUND / DEVICES;
  return Array.from({ length: perDevice }, (_, i) => {
    const records = Array.from(
      { length: readings },
      (_, place) =>
        new Map<number, Cbor>([
          [0, 't'],
          [2, 20 + place],
          [6, -10 * place],
        ]),
    );
    return device.frame(1, round * perDevice + i, cbor(records));
  });
}

/** One after the other: a device sends on when it has its answer. */
async function sendAll(sensors: Sensors, frames: readonly Buffer[]): Promise<void> {
  for (const bytes of frames) {
    await sensors.take(
      createArrival({ bytes, mediaType: undefined, canReply: true }, () => {}),
      PEER,
    );
  }
}

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startMs) / 1e3, cpuSeconds: (user + system) / 1e6 };
}
