import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { quote, WaypostError } from '../../core/errors.js';
import { ensureAdminToken } from '../data-folder/admin-token.js';
import { attempt, syncFolder } from '../data-folder/atomic-file.js';
import { beginEpoch, type Epoch, readEpoch } from '../data-folder/epoch.js';
import { type DataFolder, dataFolder } from '../data-folder/layout.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { ensurePrivateFolder } from '../data-folder/permissions.js';
import { fileExists } from '../data-folder/small-file.js';
import { type ArchiveEntry, readArchive } from './archive.js';
import { damaged, fromChunks, type ReadBytes } from './chunks.js';
import { isBackupName } from './contents.js';
import { readHeader } from './header.js';

export interface RestoreOptions {
  readonly folder: DataFolder;
  readonly file: string;
  readonly passphrase: string | undefined;
}

const STAGING = '.restore-';
/** What a file system puts into its root, and what a restore that broke off left. */
const IGNORED = new RegExp(`^(lost\\+found|${STAGING.replace('.', '\\.')}.*)$`);

/**
 * Fills an empty folder from a backup and begins a new epoch. Everything is read and verified beside its place first; the
 * identity comes last, so that a restore that breaks off leaves no data folder. Throws ERR_DATA_FOLDER when the folder is
 * not empty, ERR_BACKUP, ERR_PASSPHRASE, ERR_FILE.
 */
export async function restoreBackup({ folder, file, passphrase }: RestoreOptions): Promise<Epoch> {
  await ensurePrivateFolder(folder.path);
  await using _lock = await lockDataFolder(folder, 'restore');
  await assertEmpty(folder);
  const staged = dataFolder(path.join(folder.path, `${STAGING}${randomUUID()}`));
  return attempt(file, async () => {
    await mkdir(staged.path, { mode: 0o700 });
    try {
      await unpackBackup(staged, file, passphrase);
      const epoch = await beginEpoch(staged, (await readEpoch(staged))?.number ?? 0);
      await moveIntoPlace(staged, folder);
      await ensureAdminToken(folder);
      return epoch;
    } finally {
      await rm(staged.path, { recursive: true, force: true });
    }
  });
}

async function assertEmpty(folder: DataFolder): Promise<void> {
  for (const name of await readdir(folder.path)) {
    if (name === path.basename(folder.lock)) continue;
    if (!IGNORED.test(name)) {
      throw new WaypostError(
        'ERR_DATA_FOLDER',
        `${folder.path} is not empty (${quote(name)} is in it): restore elsewhere`,
      );
    }
    if (name.startsWith(STAGING)) await rm(path.join(folder.path, name), { recursive: true, force: true });
  }
}

/**
 * Unpacks a backup into a folder that is there and empty. Everything is verified when this resolves. Throws ERR_BACKUP,
 * ERR_PASSPHRASE, and what the file system says.
 */
export async function unpackBackup(staged: DataFolder, file: string, passphrase: string | undefined): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const read: ReadBytes = async (count) => {
      const buffer = new Uint8Array(count);
      let length = 0;
      while (length < count) {
        const { bytesRead } = await handle.read(buffer, length, count - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.subarray(0, length);
    };
    const { key } = await readHeader(read, passphrase);
    for await (const entry of readArchive(fromChunks(read, key))) {
      if (!isBackupName(staged, entry.name)) throw damaged();
      await writeEntry(path.join(staged.path, entry.name), entry);
    }
  } finally {
    await handle.close();
  }
  if (!(await fileExists(staged.identity))) throw damaged();
  if (await fileExists(staged.longForms)) await syncFolder(staged.longForms);
}

async function writeEntry(target: string, entry: ArchiveEntry): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, 'wx', 0o600);
  try {
    for await (const piece of entry.content) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function moveIntoPlace(staged: DataFolder, folder: DataFolder): Promise<void> {
  const identity = path.basename(folder.identity);
  const others = (await readdir(staged.path)).filter((name) => name !== identity);
  for (const name of others) await rename(path.join(staged.path, name), path.join(folder.path, name));
  await syncFolder(folder.path);
  await rename(staged.identity, folder.identity);
  await syncFolder(folder.path);
}
