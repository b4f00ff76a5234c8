import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readlink, rm } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote, WaypostError } from '../../src/core/errors.js';

/** Longer than socat takes, by far. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 5;
const MAX_STDERR_CHARS = 500;

/** Whether pseudo terminals can be had. Node cannot make them itself; socat does. */
export function hasPtys(): boolean {
  return spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;
}

/** A device file that behaves like a serial port, and what stands behind it. */
export interface Pty extends AsyncDisposable {
  /** Where a program opens it; a symbolic link, as those in /dev/serial/by-id are. */
  readonly path: string;
  /** What a program writes into the device file. */
  readonly output: Readable;
  /** What it then reads. */
  readonly input: Writable;
}

/**
 * Makes a pseudo terminal with socat, raw and reachable at `path`. Disposing is as if the device was unplugged: `path`
 * vanishes and whoever has it open is hung up on. Throws ERR_SERIAL_PORT.
 */
export async function openPty(path: string): Promise<Pty> {
  await makeWay(path);
  // In a group of its own: Ctrl-C at the terminal is for us, and we take the device away when we are done with it.
  const child = spawn('socat', [`PTY,raw,echo=0,link=${path}`, 'STDIO'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, MAX_STDERR_CHARS);
  });
  // Writing to one that was just unplugged is no defect.
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => child.once('error', resolve).once('exit', () => resolve()));
  const isThere = await Promise.race([appears(path), ended.then(() => false)]);
  if (!isThere) {
    child.kill('SIGKILL');
    throw new WaypostError(
      'ERR_SERIAL_PORT',
      `no pseudo terminal could be made at ${quote(path, 200)}: ${quote(stderr, 200)}`,
    );
  }
  return {
    path,
    output: child.stdout,
    input: child.stdin,
    async [Symbol.asyncDispose]() {
      await stop(child);
      await rm(path, { force: true });
    },
  };
}

/** socat would replace whatever is there. That may only be what a killed process left behind. */
async function makeWay(path: string): Promise<void> {
  const target = await readlink(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (target?.startsWith('/dev/')) await rm(path, { force: true });
  else if (target !== 'ENOENT') {
    throw new WaypostError('ERR_SERIAL_PORT', `there is something else at ${quote(path, 200)}, which stays`);
  }
}

async function appears(path: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
    try {
      await lstat(path);
      return true;
    } catch {
      await sleep(LOOK_EVERY_MS);
    }
  }
  return false;
}

async function stop(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
