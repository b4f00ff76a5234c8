import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Load, summarise } from './gateway/load.js';
import { prefill } from './gateway/prefill.js';
import { buildBundle, type MeasuredGateway, startMeasured } from './gateway/process.js';
import { BATCH, measureInTurns, measureWork } from './gateway/rounds.js';
import { median, medianRatio } from './measure.js';
import type { Bar, BenchReport, Measurement } from './report.js';

/*
 * The gateway as it is shipped, in a process of its own, over loopback HTTP. Load comes from other threads, which share the
 * processors with it: figures by the second are of the whole machine, `msg/CPU-s` counts the processor time of all
 * threads of the gateway, and of nothing else.
 */

const STARTS = 5;
const IDLE_MS = 3000;
const MB = 1e6;

const LIMIT_FORWARDS_TO_UNPACK = 0.4;
const LIMIT_IDLE_MB = 90;
const LIMIT_READY_MS = 500;
const LIMIT_P99_GROWTH = 1.5;

export interface GatewayBenchOptions {
  /** Also with 1,000,000 messages queued, which takes minutes to prepare. */
  readonly isFull: boolean;
}

export async function runGatewayBench({ isFull }: GatewayBenchOptions): Promise<BenchReport> {
  const bundle = path.resolve(`node_modules/.cache/bench-gateway-${process.pid}`);
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-bench-'));
  try {
    await buildBundle(bundle);
    return await measureAll(bundle, root, isFull ? [1000, 100_000, 1_000_000] : [1000, 100_000]);
  } finally {
    await rm(root, { recursive: true, force: true });
    await rm(bundle, { recursive: true, force: true });
  }
}

async function measureAll(bundle: string, root: string, depths: readonly number[]): Promise<BenchReport> {
  const rows: Measurement[] = [];
  const row = (name: string, value: number, unit: string) =>
    rows.push({ bench: 'gateway', case: name, subject: unit, value, unit });

  const data = path.join(root, 'data');
  const readyMs = await measureStarts(bundle, data);
  row('ready after start', readyMs, 'ms');

  const { idleBytes, rounds } = await measureRunning(bundle, data);
  const forwards = rounds.map((round) => round.forwards);
  const pickup = rounds.map((round) => round.pickup);
  const unpacking = rounds.map((round) => round.unpacking);
  const figures = (name: keyof Load & keyof (typeof unpacking)[number]) => ({
    ofForwards: forwards.map((load) => load[name]),
    ofPickup: pickup.map((load) => load[name]),
    ofUnpacking: unpacking.map((rate) => rate[name]),
  });
  const perSecond = figures('perSecond');
  const perCpuSecond = figures('perCpuSecond');
  row('idle', idleBytes / MB, 'MB');
  row('bare anoncrypt unpack', median(perSecond.ofUnpacking), 'msg/s');
  row('bare anoncrypt unpack', median(perCpuSecond.ofUnpacking), 'msg/CPU-s');
  addLoad(row, 'forwards, 64 connections', summarise(forwards));
  row('forwards, 64 connections', medianRatio(perCpuSecond.ofForwards, perCpuSecond.ofUnpacking), 'of unpack/CPU-s');
  addLoad(row, `pickup by ${BATCH}, acknowledged`, summarise(pickup));
  row('under load', summarise(forwards).peakResidentBytes / MB, 'MB');

  const byDepth = await measureDepths(bundle, root, depths);
  for (const [index, loads] of byDepth.entries())
    addLoad(row, `forwards with ${depths[index]} queued`, summarise(loads));
  const p99s = byDepth.map((loads) => loads.map(({ p99Ms }) => p99Ms));
  const growth = medianRatio(p99s.at(-1) ?? [], p99s[0] ?? []);
  return {
    measurements: rows,
    bars: [
      atLeast(
        'durable forwards/s to unpacks/s',
        medianRatio(perSecond.ofForwards, perSecond.ofUnpacking),
        LIMIT_FORWARDS_TO_UNPACK,
      ),
      atLeast('pickup messages/s to forwards/s', medianRatio(perSecond.ofPickup, perSecond.ofForwards), 1),
      atLeast(`${LIMIT_IDLE_MB} MB to idle memory`, (LIMIT_IDLE_MB * MB) / idleBytes, 1),
      atLeast(`${LIMIT_READY_MS} ms to the time until ready`, LIMIT_READY_MS / readyMs, 1),
      atLeast(`${LIMIT_P99_GROWTH} to the growth of p99 with ${depths.at(-1)} queued`, LIMIT_P99_GROWTH / growth, 1),
    ],
  };
}

/** The median in milliseconds. The first start makes keys and a configuration, and does not count. */
async function measureStarts(bundle: string, data: string): Promise<number> {
  const starts: number[] = [];
  for (let count = 0; count < STARTS; count++) {
    await using gateway = await startMeasured(bundle, data);
    starts.push(gateway.readyAfterMs);
  }
  return median(starts.slice(1));
}

async function measureRunning(bundle: string, data: string) {
  await using gateway = await startMeasured(bundle, data);
  await sleep(IDLE_MS);
  const idleBytes = await gateway.residentBytes();
  return { idleBytes, rounds: await measureWork(gateway) };
}

/** The loads of a gateway with so many messages, for each depth. */
async function measureDepths(bundle: string, root: string, depths: readonly number[]) {
  const gateways: MeasuredGateway[] = [];
  try {
    for (const depth of depths) {
      const data = path.join(root, `depth-${depth}`);
      await (await startMeasured(bundle, data))[Symbol.asyncDispose](); // makes the folder
      await prefill(bundle, data, depth);
      gateways.push(await startMeasured(bundle, data));
    }
    return await measureInTurns(gateways);
  } finally {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  }
}

function addLoad(row: (name: string, value: number, unit: string) => void, name: string, load: Load): void {
  row(name, load.perSecond, 'msg/s');
  row(name, load.perCpuSecond, 'msg/CPU-s');
  row(name, load.processors, 'processors');
  row(name, load.p50Ms, 'p50 ms');
  row(name, load.p99Ms, 'p99 ms');
}

function atLeast(bar: string, value: number, limit: number): Bar {
  return { bench: 'gateway', bar, value, limit, holds: value >= limit };
}
