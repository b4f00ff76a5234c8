import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import { attempt, isSystemError, syncFolder } from '../data-folder/atomic-file.js';
import type { DataFolder } from '../data-folder/layout.js';
import { fileExists } from '../data-folder/small-file.js';
import { writeArchive } from './archive.js';
import { toChunks } from './chunks.js';
import { type CopyStore, contentsOf } from './contents.js';
import { newHeader } from './header.js';

export interface BackupOptions {
  readonly folder: DataFolder;
  /** The backup, which does not exist yet. */
  readonly file: string;
  /** Undefined: the backup is not encrypted, and whoever has it has the keys. */
  readonly passphrase: string | undefined;
  readonly copyStore: CopyStore;
}

/**
 * Writes one file with the identity, the configuration and a consistent copy of the store, also while the gateway runs.
 * The file appears under its name when it is complete and on disk. Throws ERR_DATA_FOLDER, ERR_USAGE when the file is
 * there already, ERR_FILE.
 */
export async function writeBackup({ folder, file, passphrase, copyStore }: BackupOptions): Promise<void> {
  if (!(await fileExists(folder.identity))) {
    throw new WaypostError('ERR_DATA_FOLDER', `${folder.path} is no data folder: there is nothing to back up`);
  }
  if (await fileExists(file)) throw new WaypostError('ERR_USAGE', `${file} exists already and is not replaced`);
  const partial = `${file}.part`;
  const storeCopy = `${file}.store.part`;
  await attempt(file, async () => {
    try {
      const header = await newHeader(passphrase);
      const handle = await openNew(partial);
      try {
        await handle.appendFile(header.bytes);
        const archive = writeArchive(contentsOf(folder, storeCopy, copyStore));
        for await (const chunk of toChunks(archive, header.key)) await handle.appendFile(chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(partial, file);
      await syncFolder(path.dirname(file));
    } finally {
      await rm(partial, { force: true });
      await rm(storeCopy, { force: true });
    }
  });
}

async function openNew(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (cause) {
    if (!isSystemError(cause, 'EEXIST')) throw cause;
    throw new WaypostError('ERR_USAGE', `${file} exists: another backup is being made, or broke off; remove it`, {
      cause,
    });
  }
}
