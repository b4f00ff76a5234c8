import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import { attempt, isSystemError } from './atomic-file.js';
import type { DataFolder } from './layout.js';
import { fileExists } from './small-file.js';

/*
 * One process for a data folder. The lock is a listening socket in the folder: the kernel closes it with the process,
 * also after kill -9, and everybody on the machine can try it, also from another container. A number of a process in
 * a file would say neither: it is given again after a restart, and means nothing in another container.
 *
 * The socket is made under a name of its own and then linked to the name of the lock, because a link fails when the
 * name is taken. A dead lock is renamed before it is removed, and tried again under its new name, so that of two that
 * find it dead the slower one cannot remove the lock of the faster one.
 */

const ANSWER_MS = 2000;
const MAX_ANSWER_CHARS = 200;

/** Held until it is disposed, or until the process ends. */
export interface DataFolderLock extends AsyncDisposable {}

/**
 * Takes the lock of a folder. `purpose` is what others are told, such as `start`. Throws ERR_DATA_FOLDER when there is no
 * folder, ERR_DATA_FOLDER_BUSY (retryable) with who has it, ERR_FILE.
 */
export async function lockDataFolder(folder: DataFolder, purpose: string): Promise<DataFolderLock> {
  return attempt(folder.lock, async () => {
    const handle = await openFolder(folder);
    // The path of a socket may have some 100 characters only; through the handle of its folder it is always short.
    const reach = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : folder.path;
    const own = `.lock-${randomUUID()}`;
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`process ${process.pid} (waypost ${purpose})`);
    });
    const release = async (): Promise<void> => {
      await new Promise((resolve) => server.close(resolve));
      await handle.close();
    };
    try {
      await listen(server, path.join(reach, own));
      const ownFile = path.join(folder.path, own);
      try {
        await takeName(folder, reach, ownFile);
      } finally {
        await rm(ownFile, { force: true });
      }
    } catch (error) {
      await release();
      throw error;
    }
    server.unref();
    let released: Promise<void> | undefined;
    return {
      [Symbol.asyncDispose]: () => {
        released ??= rm(folder.lock, { force: true }).then(release);
        return released;
      },
    };
  });
}

/** Who uses the folder, in words; undefined when nobody does. */
export async function lockHolder(folder: DataFolder): Promise<string | undefined> {
  return attempt(folder.lock, async () => {
    if (!(await fileExists(folder.lock))) return undefined;
    const handle = await open(folder.path, 'r');
    try {
      return await ask(process.platform === 'linux' ? `/proc/self/fd/${handle.fd}/lock` : folder.lock);
    } finally {
      await handle.close();
    }
  });
}

async function openFolder(folder: DataFolder): Promise<FileHandle> {
  try {
    return await open(folder.path, 'r');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new WaypostError('ERR_DATA_FOLDER', `the folder ${folder.path} does not exist`);
  }
}

async function takeName(folder: DataFolder, reach: string, ownFile: string): Promise<void> {
  for (;;) {
    try {
      await link(ownFile, folder.lock);
      return;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
    const holder = await ask(path.join(reach, path.basename(folder.lock)));
    if (holder !== undefined) throw busy(folder, holder);
    await removeDead(folder, reach);
  }
}

async function removeDead(folder: DataFolder, reach: string): Promise<void> {
  const aside = `.lock-${randomUUID()}`;
  const asideFile = path.join(folder.path, aside);
  try {
    await rename(folder.lock, asideFile);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  const holder = await ask(path.join(reach, aside));
  if (holder !== undefined) await link(asideFile, folder.lock);
  await rm(asideFile, { force: true });
  if (holder !== undefined) throw busy(folder, holder);
}

function listen(server: net.Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve());
  });
}

/** What the holder says of itself; undefined when nobody listens any more. */
function ask(address: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(address);
    const settle = (holder: string | undefined): void => {
      socket.destroy();
      resolve(holder);
    };
    // A process that is stopped or very busy holds its lock all the same.
    socket.setTimeout(ANSWER_MS, () => settle('a process that does not answer'));
    socket.on('data', (chunk) => {
      if (answer.length < MAX_ANSWER_CHARS) answer += chunk.toString('utf8');
    });
    socket.on('end', () => settle(answer.slice(0, MAX_ANSWER_CHARS)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') settle(undefined);
      else if (error.code === 'ECONNRESET') settle('a process that is ending');
      else reject(error);
    });
  });
}

function busy(folder: DataFolder, holder: string): WaypostError {
  return new WaypostError('ERR_DATA_FOLDER_BUSY', `${folder.path} is in use by ${holder}: stop it first`, {
    retryable: true,
  });
}
