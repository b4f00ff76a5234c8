import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A disk of its own for a process, in a mount namespace that nobody else sees. Nothing of it needs to be root. */
export interface OwnDisk extends AsyncDisposable {
  /** Runs a command where the disk is mounted; for `DaemonOptions.wrapper`. */
  readonly wrapper: readonly string[];
  /** The same path as seen from here. */
  outside(path: string): string;
}

/** False where the system does not let users make namespaces. With WAYPOST_CI=1 that is a failure. */
export function hasOwnDisks(): boolean {
  const works = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
  if (!works && process.env.WAYPOST_CI === '1') throw new Error('the tests of full disks need unshare(1) to work');
  return works;
}

/** `mount` is a line of shell, with the folder to mount on as `$1`. */
export async function openDisk(mount: string, folder: string): Promise<OwnDisk> {
  const script = `${mount} && echo mounted && exec cat`;
  const holder = spawn('unshare', ['-rm', 'sh', '-ec', script, 'sh', folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([
    once(createInterface({ input: holder.stdout }), 'line'),
    once(holder, 'exit').then(() => {
      throw new Error(`could not ${mount}`);
    }),
  ]);
  return {
    wrapper: ['nsenter', '-t', `${holder.pid}`, '-U', '-m', '--preserve-credentials'],
    outside: (path) => `/proc/${holder.pid}/root${path}`,
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await once(holder, 'exit');
    },
  };
}
