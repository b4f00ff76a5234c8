import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { WaypostError } from '../../core/errors.js';

const TEMPORARY = /^\.[^/]+\.[0-9a-f-]{36}\.tmp$/;

/**
 * Writes a whole file so that a power cut leaves the old content or the new one: temporary name, fsync, rename, fsync
 * of the folder. Readable by the owner only. Throws ERR_FILE (retryable).
 */
export async function writeFileAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  await attempt(file, async () => {
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(path.dirname(file));
  });
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what a power cut left half written; it was never promised to anybody. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((candidate) => TEMPORARY.test(candidate))) await rm(path.join(folder, name));
}

/** Turns what the file system refuses into ERR_FILE. */
export async function attempt<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new WaypostError('ERR_FILE', `${file}: ${cause.message}`, { cause, retryable: true });
  }
}

export function isSystemError(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'syscall' in error && (code === undefined || (error as { code?: unknown }).code === code)
  );
}
