import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** Debian has it where only the superuser looks. */
const PROGRAM = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (name) => spawnSync(name, ['-h'], { stdio: 'ignore' }).error === undefined,
);

export const hasMosquitto = PROGRAM !== undefined;

/** A broker of the reference implementation, on a port of its own, that keeps sessions on disk. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  readonly origin: `mqtt://${string}`;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM: it writes its sessions. */
  stop(): Promise<void>;
  /** On the same port, with the sessions that were written. */
  start(): Promise<void>;
}

/** `settings`: lines of mosquitto.conf. */
export async function startMosquitto(...settings: readonly string[]): Promise<Mosquitto> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-mosquitto-'));
  const port = await freePort();
  const file = path.join(folder, 'mosquitto.conf');
  const common = [`listener ${port} 127.0.0.1`, 'persistence true', `persistence_location ${folder}/`];
  const access = settings.some((line) => line.startsWith('password_file')) ? [] : ['allow_anonymous true'];
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  await writeFile(file, [...common, ...access, ...user, 'log_type none', ...settings, ''].join('\n'));
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    child = spawn(PROGRAM ?? '', ['-c', file], { stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 200 || child.exitCode !== null) throw new Error(`mosquitto did not start on port ${port}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await start();
  return {
    port,
    origin: `mqtt://127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
