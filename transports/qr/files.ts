import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, opendir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';

/** How to open what somebody else put there: a link is not followed, and a pipe not waited for. */
export const FOREIGN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Puts a file in its place whole or not at all: whoever watches the folder never sees a half. Throws ERR_FILE, or
 * ERR_NETWORK (retryable) when the folder is not there: a stick that is not plugged in.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  // A dot in front: readers of the folder pass over it.
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await using file = await open(temporary, 'wx');
    await file.writeFile(content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(path, cause);
  }
}

/** The error of the system as one of ours. */
export function fileError(path: string, cause: unknown): WaypostError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new WaypostError('ERR_NETWORK', `${quote(path, 200)} or its folder is not there`, {
      cause,
      retryable: true,
    });
  }
  return new WaypostError('ERR_FILE', `${quote(path, 200)}: ${code}`, { cause, retryable: code === 'ENOSPC' });
}

/**
 * Reads a file that somebody else put there. Throws ERR_FILE for what is no regular file or cannot be read (a link is
 * not followed, and a pipe not waited for), ERR_TOO_LARGE, and ERR_NETWORK when it is not there any more.
 */
export async function readForeignFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, FOREIGN_FILE);
    return await readWhole(path, file, maxBytes);
  } catch (cause) {
    throw isWaypostError(cause) ? cause : fileError(path, cause);
  }
}

/** Reads an open file. Throws ERR_FILE for what is no regular file, ERR_TOO_LARGE, and errors of the system. */
export async function readWhole(path: string, file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new WaypostError('ERR_FILE', `${quote(path, 200)} is not a regular file`);
  if (stats.size > maxBytes) {
    const what = `${quote(path, 200)} has ${stats.size} bytes, the limit is ${maxBytes}`;
    throw new WaypostError('ERR_TOO_LARGE', what);
  }
  // Not `readFile`: that goes on as long as the file grows.
  const bytes = new Uint8Array(stats.size);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
  }
  return bytes.subarray(0, length);
}

/**
 * Names of the regular files directly in a folder, sorted, without those that begin with a dot. Beyond `maxFiles` they are
 * left out. Throws as {@link writeWhole} does.
 */
export async function listNames(folder: string, maxFiles: number): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.isFile() && !entry.name.startsWith('.') && names.push(entry.name) >= maxFiles) break;
    }
  } catch (cause) {
    throw fileError(folder, cause);
  }
  return names.sort();
}
