import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { createAddressPolicy } from '../../src/net/address-policy.js';
import { createHttpTransport } from '../../transports/http/transport.js';
import type { BenchReport, Measurement } from './report.js';

/*
 * What the HTTP listener costs: POSTs of 2 KiB that are accepted at once, beside a bare node:http server that reads the
 * body and answers 202. The client is a thread of its own; the servers take turns.
 */

const BENCH = 'http';
const CASE = 'POST 2 KiB -> 202';
const ROUNDS = 15;
const ROUND_MS = 300;
const CONNECTIONS = 32;
const BODY_BYTES = 2048;

interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
}

interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Measures in about 10 seconds; many short rounds, since a busy machine disturbs whole seconds. The bars are for whoever compares runs: this only measures. */
export async function runHttpBench(): Promise<BenchReport> {
  await using waypost = await openWaypost();
  await using bare = await openBare();
  const subjects = [waypost, bare];
  const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]));
  for (const subject of subjects) await measure(subject);
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) samples.get(subject)?.push(await measure(subject));
  }
  const measurements = subjects.flatMap((subject) => {
    const own = samples.get(subject) ?? [];
    const row = (unit: string, values: readonly number[]): Measurement => ({
      bench: BENCH,
      case: `${CASE}, ${unit}`,
      subject: subject.name,
      value: Math.round(median(values)),
      unit,
    });
    return [
      row(
        'op/s',
        own.map(({ perSecond }) => perSecond),
      ),
      row(
        'op/CPU-s of the server',
        own.map(({ perCpuSecond }) => perCpuSecond),
      ),
    ];
  });
  return { measurements, bars: [] };
}

async function openWaypost(): Promise<Subject> {
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  const outbound = { policy: createAddressPolicy({ allow: [] }) };
  const transport = createHttpTransport({ outbound, limits: { requestRate: unlimited } });
  const listener = await transport.listen('http://127.0.0.1:0/');
  void (async () => {
    for await (const channel of listener) {
      for await (const arrival of channel) await arrival.accept();
    }
  })();
  return {
    name: 'waypost',
    port: Number(new URL(listener.addresses[0] ?? '').port),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

async function openBare(): Promise<Subject> {
  const server = createServer((request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => response.writeHead(202, { 'content-length': 0 }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'node:http',
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function measure(subject: Subject): Promise<Sample> {
  const before = process.threadCpuUsage();
  const count = await load(subject.port);
  const { user, system } = process.threadCpuUsage(before);
  return { perSecond: count / (ROUND_MS / 1000), perCpuSecond: count / ((user + system) / 1e6) };
}

function load(port: number): Promise<number> {
  const workerData = { port, connections: CONNECTIONS, bodyBytes: BODY_BYTES, durationMs: ROUND_MS };
  return new Promise((resolve, reject) => {
    const worker = new Worker(`(${client.toString()})()`, { eval: true, workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Runs in the worker by its text, so it uses nothing from here. Each connection posts again when it is answered. */
function client(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { connect } = process.getBuiltinModule('node:net');
  const { port, connections, bodyBytes, durationMs } = workerData;
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/didcomm-encrypted+json\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), Buffer.alloc(bodyBytes, 0x78)]);
  let count = 0;
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', () => {
      count++;
      socket.write(request);
    });
    socket.on('error', () => undefined);
    return socket;
  });
  setTimeout(() => {
    for (const socket of sockets) socket.destroy();
    parentPort?.postMessage(count);
  }, durationMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
