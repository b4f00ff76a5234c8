import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/*
 * The built command as processes of its own: what a user has.
 */

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GatewayProcess {
  readonly did: string;
  /** `http://...` */
  readonly http: string;
  /** `ws://...` */
  readonly ws: string;
  readonly admin: string;
  readonly pid: number;
  readonly readyAfterMs: number;
  stderr(): string;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
}

/** Builds the command into a folder from which its native dependency is found. The result is the file to run. */
export async function buildCommand(): Promise<string> {
  const out = path.resolve(`node_modules/.cache/waypost-test/dist-${process.pid}`);
  await promisify(execFile)(process.execPath, [path.resolve('scripts/build.mjs'), '--out', out]);
  return path.join(out, 'bin', 'waypost.js');
}

/** A folder that is removed after the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-daemon-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end. */
export async function runCommand(bin: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawnCommand(bin, args, options);
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output() };
}

export interface BegunCommand {
  readonly finished: Promise<Finished>;
  /** What it wrote so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** As Ctrl-C does. */
  interrupt(): void;
}

/** A command that goes on; it is killed after the test if it still runs. */
export function beginCommand(bin: string, args: readonly string[]): BegunCommand {
  const child = spawnCommand(bin, args, {});
  const output = collect(child);
  return {
    finished: once(child, 'close').then(([code]) => ({ code: code as number | null, ...output() })),
    output,
    interrupt: () => void child.kill('SIGINT'),
  };
}

/** Starts a gateway and waits for its line. Throws with its standard error when it ends before that. */
export async function startGateway(
  bin: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<GatewayProcess> {
  const startedAtMs = performance.now();
  const all = ['start', '--log-format', 'json', '--admin', '127.0.0.1:0', ...args];
  const child = spawnCommand(bin, all, options);
  const output = collect(child);
  const closed = once(child, 'close');
  while (!output().stdout.includes('\n')) {
    await Promise.race([once(child.stdout ?? child, 'data'), closed]);
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${output().stderr}`);
  }
  const { did, addresses, admin } = JSON.parse(output().stdout);
  return {
    did,
    http: addresses[0],
    ws: addresses[1],
    admin,
    pid: child.pid ?? 0,
    readyAfterMs: performance.now() - startedAtMs,
    stderr: () => output().stderr,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await closed) as [number | null];
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function spawnCommand(bin: string, args: readonly string[], { env = {} }: RunOptions): ChildProcess {
  const clean = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WAYPOST_') && name !== 'NOTIFY_SOCKET',
  );
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...Object.fromEntries(clean), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return () => ({ stdout, stderr });
}

/** The error that a command printed as its only line. */
export function errorOf({ stderr }: Finished): { code: string; message: string } {
  return JSON.parse(stderr).error;
}
