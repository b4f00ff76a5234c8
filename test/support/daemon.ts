import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as it is shipped: one bundle, apart from its native module. */
export interface Program {
  readonly path: string;
  run(...args: readonly string[]): Promise<Ran>;
  remove(): Promise<void>;
}

/** Builds it inside node_modules, from where the native module is found; each time another one, as tests run side by side and again. */
export function buildProgram(): Program {
  const out = resolve(`node_modules/.cache/waypost-test/program-${randomUUID()}`);
  execFileSync(process.execPath, [resolve('scripts/build.mjs'), '--out', out]);
  const path = join(out, 'bin/waypost.js');
  return {
    path,
    run: (...args) =>
      new Promise((settle) => {
        execFile(process.execPath, [path, ...args], { env: environment({}) }, (error, stdout, stderr) =>
          settle({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
        );
      }),
    remove: () => rm(out, { recursive: true, force: true }),
  };
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** `waypost start` in a process of its own, ready to serve. */
export interface Daemon extends AsyncDisposable {
  readonly did: string;
  readonly http: string;
  readonly ws: string;
  /** URL of the admin API. */
  readonly admin: string;
  readonly port: number;
  readonly pid: number;
  /** From spawning it to its ready line. */
  readonly startedInMs: number;
  readonly log: readonly LogLine[];
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: as a power cut, but for the disk. */
  kill(): Promise<void>;
  residentBytes(): number;
}

export interface DaemonOptions {
  /** By the name of the variable without `WAYPOST_`, such as `LIMITS_CONNECTIONS`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Further arguments of `start`. */
  readonly args?: readonly string[];
  /** To come back where it was before. Default: any free port. */
  readonly port?: number;
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** A command that runs it, such as one that gives it a file system of its own. */
  readonly wrapper?: readonly string[];
}

/** Throws with what it wrote on standard error when it ends before it is ready. */
export async function startDaemon(program: Program, folder: string, options: DaemonOptions = {}): Promise<Daemon> {
  const { daemon, ready } = spawnDaemon(program, folder, options);
  await ready;
  return daemon;
}

/** The same, for a test that does not want to wait: everything but `pid`, `kill` and `log` is there when it is ready. */
export function spawnDaemon(
  program: Program,
  folder: string,
  { settings = {}, args = [], port = 0, nodeArgs = [], wrapper = [] }: DaemonOptions = {},
): { daemon: Daemon; ready: Promise<void> } {
  const listen = ['--data', folder, '--http', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0', '--log-format', 'json'];
  const [command = '', ...rest] = [
    ...wrapper,
    process.execPath,
    ...nodeArgs,
    program.path,
    'start',
    ...listen,
    ...args,
  ];
  const startMs = performance.now();
  const child = spawn(command, rest, { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const log: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(parseLog(line)));
  const facts = { did: '', http: '', ws: '', admin: '', port: 0, startedInMs: 0 };

  const ready = Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => {
      const { did, addresses, admin } = JSON.parse(String(line)) as ReadyLine;
      const [http = '', ws = ''] = addresses;
      const startedInMs = performance.now() - startMs;
      Object.assign(facts, { did, http, ws, admin, port: Number(new URL(http).port), startedInMs });
    }),
    exited.then(([code, signal]) => {
      throw new Error(`the daemon ended with ${code ?? signal} before it was ready: ${JSON.stringify(log)}`);
    }),
  ]);
  ready.catch(() => {}); // a test that kills it before does not look
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await exited)[0];
  };
  const methods = {
    pid: child.pid ?? 0,
    log,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    residentBytes: () => residentBytesOf(child.pid ?? 0),
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
  return { daemon: Object.assign(facts, methods), ready };
}

interface ReadyLine {
  readonly did: string;
  readonly addresses: readonly string[];
  readonly admin: string;
}

function environment(settings: Readonly<Record<string, string | number>>): Record<string, string> {
  const own = Object.entries(settings).map(([name, value]) => [`WAYPOST_${name}`, String(value)]);
  return { PATH: process.env.PATH ?? '', ...Object.fromEntries(own) };
}

function parseLog(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { event: 'not-json', line };
  }
}

/** Linux: `VmRSS` of /proc/PID/status. */
function residentBytesOf(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
