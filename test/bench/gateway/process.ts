import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A gateway under measurement: the built command as a child process. */
export interface MeasuredGateway extends AsyncDisposable {
  readonly did: string;
  readonly http: string;
  /** URL of the admin API. */
  readonly admin: string;
  readonly readyAfterMs: number;
  /** Resident memory in bytes (Linux). */
  residentBytes(): Promise<number>;
  /** CPU seconds of all threads so far (Linux). */
  cpuSeconds(): Promise<number>;
}

const TICKS_PER_SECOND = 100;
const MANY = '10000000';

/** Limits that protect against strangers are out of the way; nothing else differs from what is shipped. */
const ENV = {
  WAYPOST_LIMITS_REQUESTS_PER_SECOND: '1000000',
  WAYPOST_LIMITS_REQUESTS_BURST: '1000000',
  WAYPOST_LIMITS_CONNECTIONS_PER_ADDRESS: '1000',
  WAYPOST_MEDIATION_QUEUE_MESSAGES: MANY,
  WAYPOST_MEDIATION_SENDER_MESSAGES: MANY,
  WAYPOST_MEDIATION_SENDER_BYTES: '100 GiB',
  WAYPOST_MEDIATION_QUEUE_BYTES: '100 GiB',
  WAYPOST_STORE_MESSAGES: MANY,
  WAYPOST_STORE_BYTES: '100 GiB',
  WAYPOST_LOG_LEVEL: 'warn',
};

/** The bundle as a package has it: without its `package.json` Node would first take it for CommonJS, in time and memory. */
export async function buildBundle(out: string): Promise<void> {
  await promisify(execFile)(process.execPath, [path.resolve('scripts/build.mjs'), '--out', out]);
  await copyFile('package.json', path.join(out, 'package.json'));
}

/** `settings`: further environment variables. */
export async function startMeasured(
  bundle: string,
  data: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<MeasuredGateway> {
  const startedAtMs = performance.now();
  const bin = path.join(bundle, 'bin', 'waypost.js');
  const args = ['start', '--data', data, '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--log-format', 'json'];
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH ?? '', ...ENV, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { did, addresses, admin } = JSON.parse(await firstLine(child));
  const readyAfterMs = performance.now() - startedAtMs;
  return {
    did,
    http: addresses[0],
    admin,
    readyAfterMs,
    async residentBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
    },
    async cpuSeconds() {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return; // there is no second `exit`
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the gateway has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the gateway ended before it was ready');
}
