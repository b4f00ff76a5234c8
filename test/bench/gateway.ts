import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDid } from '../../src/did/create.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { createEnvelopes } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import { BenchClient, packForwards, primitives } from './gateway/client.js';
import { type Load, measureLoad } from './gateway/load.js';
import { prefill } from './gateway/prefill.js';
import { buildBundle, type MeasuredGateway, startMeasured } from './gateway/process.js';
import { measureInTurns, median } from './measure.js';
import type { Bar, BenchReport, Measurement } from './report.js';

/*
 * The gateway as it is shipped, in a process of its own, over loopback HTTP. Load comes from this process; both share the
 * processors of the machine, so `msg/CPU-s` counts the processor time of the gateway alone.
 */

const CONNECTIONS = 64;
const MAILBOXES = 16;
const FORWARDS = 6000;
const FORWARDS_AT_DEPTH = 3000;
const WARM_UP = 1000;
const STARTS = 5;
const IDLE_MS = 3000;
const PICKUP = 'https://didcomm.org/messagepickup/3.0';
const BATCH = 10;
const MIB = 2 ** 20;

const LIMIT_FORWARDS_TO_UNPACK = 0.4;
const LIMIT_IDLE_MIB = 90;
const LIMIT_READY_MS = 500;
const LIMIT_P99_GROWTH = 1.5;

export interface GatewayBenchOptions {
  /** Also with 1,000,000 messages queued, which takes a minute to prepare. */
  readonly isFull: boolean;
}

export async function runGatewayBench({ isFull }: GatewayBenchOptions): Promise<BenchReport> {
  const bundle = path.resolve(`node_modules/.cache/bench-gateway-${process.pid}`);
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-bench-'));
  try {
    await buildBundle(bundle);
    return await measureAll(bundle, path.join(root, 'data'), isFull ? [1000, 100_000, 1_000_000] : [1000, 100_000]);
  } finally {
    await rm(root, { recursive: true, force: true });
    await rm(bundle, { recursive: true, force: true });
  }
}

async function measureAll(bundle: string, data: string, depths: readonly number[]): Promise<BenchReport> {
  const rows: Measurement[] = [];
  const row = (name: string, value: number, unit: string) =>
    rows.push({ bench: 'gateway', case: name, subject: unit, value, unit });

  const starts: number[] = [];
  for (let count = 0; count < STARTS; count++) {
    await using gateway = await startMeasured(bundle, data);
    starts.push(gateway.readyAfterMs);
  }
  row('ready after start', median(starts.slice(1)), 'ms');

  const { forwards, pickup, idleBytes, unpackPerSecond } = await measureWork(bundle, data);
  row('idle', idleBytes / MIB, 'MiB');
  row('bare anoncrypt unpack', unpackPerSecond, 'msg/CPU-s');
  addLoad(row, `forwards, ${CONNECTIONS} connections`, forwards);
  addLoad(row, `pickup by ${BATCH}, acknowledged`, pickup);
  row('under load', forwards.peakResidentBytes / MIB, 'MiB');

  const p99s: number[] = [];
  for (const depth of depths) {
    await prefill(bundle, data, depth);
    const load = await measureAtDepth(bundle, data);
    p99s.push(load.p99Ms);
    addLoad(row, `forwards with ${depth} queued`, load);
  }
  const growth = (p99s.at(-1) ?? Number.NaN) / (p99s[0] ?? Number.NaN);
  const readyMs = median(starts.slice(1));
  return {
    measurements: rows,
    bars: [
      atLeast('durable forwards/s to unpacks/CPU-s', forwards.perSecond / unpackPerSecond, LIMIT_FORWARDS_TO_UNPACK),
      atLeast('pickup messages/s to forwards/s', pickup.perSecond / forwards.perSecond, 1),
      atLeast(`${LIMIT_IDLE_MIB} MiB to idle memory`, (LIMIT_IDLE_MIB * MIB) / idleBytes, 1),
      atLeast(`${LIMIT_READY_MS} ms to the time until ready`, LIMIT_READY_MS / readyMs, 1),
      atLeast(`${LIMIT_P99_GROWTH} to the growth of p99 with ${depths.at(-1)} queued`, LIMIT_P99_GROWTH / growth, 1),
    ],
  };
}

async function measureWork(bundle: string, data: string) {
  await using gateway = await startMeasured(bundle, data);
  await sleep(IDLE_MS);
  const idleBytes = await gateway.residentBytes();
  const unpackPerSecond = await measureUnpack();
  const clients = Array.from({ length: MAILBOXES }, () => new BenchClient(gateway.http, gateway.did, 1));
  await using sender = new BenchClient(gateway.http, gateway.did, CONNECTIONS);
  for (const client of clients) await client.register();
  const dids = clients.map(({ identity }) => identity.did);
  const forwards = await sendForwards(gateway, sender, dids, FORWARDS);
  const pickup = await measureLoad(gateway, clients, MAILBOXES, emptyMailbox);
  for (const client of clients) await client[Symbol.asyncDispose]();
  return { idleBytes, unpackPerSecond, forwards, pickup };
}

async function measureAtDepth(bundle: string, data: string): Promise<Load> {
  await using gateway = await startMeasured(bundle, data);
  await using client = new BenchClient(gateway.http, gateway.did, CONNECTIONS);
  await client.register();
  return await sendForwards(gateway, client, [client.identity.did], FORWARDS_AT_DEPTH);
}

async function sendForwards(
  gateway: MeasuredGateway,
  sender: BenchClient,
  recipients: readonly string[],
  count: number,
): Promise<Load> {
  const packed = await packForwards(gateway.did, recipients, WARM_UP + count);
  const post = async (forward: string) => {
    await sender.post(forward);
    return 1;
  };
  await measureLoad(gateway, packed.slice(0, WARM_UP), CONNECTIONS, post);
  return measureLoad(gateway, packed.slice(WARM_UP), CONNECTIONS, post);
}

/** Fetches and acknowledges until nothing is left; gives how many. */
async function emptyMailbox(client: BenchClient): Promise<number> {
  for (let count = 0; ; ) {
    const { attachments = [] } = await client.request(`${PICKUP}/delivery-request`, { limit: BATCH });
    if (attachments.length === 0) return count;
    await client.tell(`${PICKUP}/messages-received`, { message_id_list: attachments.map(({ id }) => id) });
    count += attachments.length;
  }
}

/** The same forwards, opened and nothing else, on one processor. */
async function measureUnpack(): Promise<number> {
  const identity = createDid(primitives, { method: 'peer2' });
  const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10) });
  const secrets = createLocalSecrets({ primitives, keys: identity.secrets });
  const envelopes = createEnvelopes({ primitives, resolver, secrets });
  const packed = await packForwards(identity.did, ['did:example:somebody'], 200);
  let next = 0;
  const operation = () => envelopes.unpack(packed[next++ % packed.length] ?? '');
  const effort = { rounds: 9, warmUpRounds: 3, sliceMs: 200 };
  return median((await measureInTurns([{ name: 'unpack', operation }], effort)).get('unpack') ?? []);
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
