import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';

/** Ports that the documents name. */
const PORTS = [8080, 8081, 1883, 9080, 9081];

/** Where the commands of one document run. */
export interface Network extends AsyncDisposable {
  /** What has to stand before a command so that it runs there. */
  readonly prefix: readonly string[];
}

const UNSHARE = ['--user', '--map-root-user', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];

/**
 * A network of one's own, in which there is only a loopback: all ports are free, and whatever needs the internet fails. It has
 * processes of its own too, all of which end with it. Undefined where the machine does not allow that.
 */
export async function openOwnNetwork(): Promise<Network | undefined> {
  // It ends with its standard input, and so with this process, whatever ends that.
  const script = 'ip link set lo up && echo ready && exec cat';
  const holder = spawn('unshare', [...UNSHARE, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(holder, 'close').catch(() => {}); // no such program
  holder.on('error', () => {});
  const ready = await Promise.race([once(holder.stdout, 'data'), ended]);
  const inside = ready === undefined || holder.exitCode !== null ? undefined : childOf(holder);
  if (inside === undefined) return undefined;
  return {
    prefix: ['nsenter', '--target', `${inside}`, '--user', '--preserve-credentials', '--net', '--pid', '--mount', '--'],
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}

/** Linux: the process that `unshare` forked. */
function childOf({ pid }: ChildProcess): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
      if (Number(parent) === pid) return Number(name);
    } catch {
      // it ended meanwhile
    }
  }
  return undefined;
}

/** The network of the machine, or why it is not fit: others use the ports that the documents name. */
export async function openSharedNetwork(): Promise<Network | string> {
  for (const port of PORTS) {
    if (!(await isFree(port))) return `this machine has no unshare(1) to make networks with, and uses port ${port}`;
  }
  return { prefix: [], [Symbol.asyncDispose]: async () => {} };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(port, '127.0.0.1');
    server.once('error', () => resolve(false));
    server.once('listening', () => server.close(() => resolve(true)));
  });
}
