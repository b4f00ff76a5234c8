import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaypostError } from '../../core/errors.js';
import { attempt, isSystemError } from './atomic-file.js';
import type { DataFolder } from './layout.js';
import { ask, type Contender, stopListening } from './lock-socket.js';
import { fileExists } from './small-file.js';

/*
 * One process for a data folder. Whoever wants it puts a listening socket of its own into `lock/`; the kernel closes it
 * with the process, also after kill -9, and everybody on the machine can try it, also from another container. A number
 * of a process in a file would say neither: it is given again after a restart, and means nothing in another container.
 *
 * First one's own socket, then a look at all others: of two, at least the one that looks later sees the other. Who meets a
 * holder, or an aspirant with a smaller name, gives up; who meets aspirants with greater names waits for them to see
 * that, and who meets somebody that says nothing looks again: if it took one that is giving up for a holder, nobody would
 * win. Names are never used twice, so a socket that is found dead can be removed without removing a living one.
 */

const WAIT_MS = 5000;
const STEP_MS = 20;

/** Held until it is disposed, or until the process ends. */
export interface DataFolderLock extends AsyncDisposable {}

/**
 * Takes the lock of a folder. `purpose` is what others are told, such as `start`. Throws ERR_DATA_FOLDER when there is no
 * folder, ERR_DATA_FOLDER_BUSY (retryable) with who has it, ERR_FILE.
 */
export async function lockDataFolder(folder: DataFolder, purpose: string): Promise<DataFolderLock> {
  return attempt(folder.lock, async () => {
    const sockets = await openSockets(folder);
    const name = randomUUID();
    let isHolding = false;
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${isHolding ? 'holding' : 'trying'} process ${process.pid} (waypost ${purpose})`);
    });
    const release = async (): Promise<void> => {
      await rm(path.join(folder.lock, name), { force: true });
      await stopListening(server);
      await sockets.handle.close();
    };
    try {
      await appear(folder, server, sockets.reach, name);
      await outlastOthers(folder, sockets.reach, name);
      isHolding = true;
    } catch (error) {
      await release();
      throw error;
    }
    server.unref();
    let released: Promise<void> | undefined;
    return {
      [Symbol.asyncDispose]: () => {
        released ??= release();
        return released;
      },
    };
  });
}

/** Who uses the folder, in words; undefined when nobody does. */
export async function lockHolder(folder: DataFolder): Promise<string | undefined> {
  return attempt(folder.lock, async () => {
    if (!(await fileExists(folder.lock))) return undefined;
    const handle = await open(folder.lock, 'r');
    try {
      const others = await contenders(folder, reachOf(handle, folder));
      return others.find(({ state }) => state === 'holding' || state === 'silent')?.who;
    } finally {
      await handle.close();
    }
  });
}

/** Listens under a name that nobody looks at, and then appears under its own: whoever sees a socket can ask it. */
async function appear(folder: DataFolder, server: net.Server, reach: string, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path.join(reach, `.${name}`), resolve);
  });
  await rename(path.join(folder.lock, `.${name}`), path.join(folder.lock, name));
}

async function outlastOthers(folder: DataFolder, reach: string, name: string): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const others = (await contenders(folder, reach)).filter((other) => other.name !== name);
    if (others.length === 0) return;
    const isLate = performance.now() >= endMs;
    const winner = others.find((other) => isLate || hasWonAgainst(other, name));
    if (winner !== undefined) {
      throw new WaypostError('ERR_DATA_FOLDER_BUSY', `${folder.path} is in use by ${winner.who}: stop it first`, {
        retryable: true,
      });
    }
    await sleep(STEP_MS);
  }
}

function hasWonAgainst(other: Contender, name: string): boolean {
  return other.state === 'holding' || (other.state === 'trying' && other.name < name);
}

/** Everybody who holds the lock or tries to; the sockets of the dead are removed. */
async function contenders(folder: DataFolder, reach: string): Promise<readonly Contender[]> {
  const alive: Contender[] = [];
  for (const name of await readdir(folder.lock)) {
    if (name.startsWith('.')) continue;
    const contender = await ask(path.join(reach, name), name);
    if (contender === undefined) await rm(path.join(folder.lock, name), { force: true });
    else alive.push(contender);
  }
  return alive;
}

async function openSockets(folder: DataFolder): Promise<{ readonly handle: FileHandle; readonly reach: string }> {
  try {
    await mkdir(folder.lock, { mode: 0o700 });
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) {
      throw new WaypostError('ERR_DATA_FOLDER', `the folder ${folder.path} does not exist`);
    }
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  const handle = await open(folder.lock, 'r');
  return { handle, reach: reachOf(handle, folder) };
}

/** The address of a socket has some 100 characters at most; through the handle of its folder it is always short. */
function reachOf(handle: FileHandle, folder: DataFolder): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : folder.lock;
}
