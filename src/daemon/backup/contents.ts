import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataFolder } from '../data-folder/layout.js';
import { fileExists } from '../data-folder/small-file.js';
import type { ArchiveEntry } from './archive.js';

/** Writes a consistent copy of the database at `file` to `target`, which does not exist, also while others write to it. */
export type CopyStore = (file: string, target: string) => Promise<void>;

const PIECE_BYTES = 2 ** 18;

/** What a backup may hold: nothing else is ever written by a restore. */
export function isBackupName(folder: DataFolder, name: string): boolean {
  const longForm = longFormPrefix(folder);
  if (name.startsWith(longForm)) return /^[0-9a-f]{64}$/.test(name.slice(longForm.length));
  return [folder.identity, folder.config, folder.epoch, folder.store].some((file) => path.basename(file) === name);
}

function longFormPrefix(folder: DataFolder): string {
  return `${path.relative(folder.path, folder.longForms).replaceAll(path.sep, '/')}/`;
}

/**
 * The files of a data folder. What can be had again (caches) or belongs to a running process (lock, token) is left out.
 * `storeCopy` is where the copy of the store may be for the time being.
 */
export async function* contentsOf(
  folder: DataFolder,
  storeCopy: string,
  copyStore: CopyStore,
): AsyncGenerator<ArchiveEntry> {
  for (const file of [folder.identity, folder.config, folder.epoch]) {
    if (await fileExists(file)) yield* fileEntry(path.basename(file), file);
  }
  if (await fileExists(folder.longForms)) {
    for (const name of await readdir(folder.longForms)) {
      const whole = `${longFormPrefix(folder)}${name}`;
      if (isBackupName(folder, whole)) yield* fileEntry(whole, path.join(folder.longForms, name));
    }
  }
  if (await fileExists(folder.store)) {
    await copyStore(folder.store, storeCopy);
    yield* fileEntry(path.basename(folder.store), storeCopy);
  }
}

async function* fileEntry(name: string, file: string): AsyncGenerator<ArchiveEntry> {
  const { size } = await stat(file);
  yield { name, bytes: size, content: readFile(file, size) };
}

/** Exactly `bytes` of a file. */
async function* readFile(file: string, bytes: number): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    for (let left = bytes; left > 0; ) {
      const buffer = new Uint8Array(Math.min(left, PIECE_BYTES));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
