import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import { isJsonObject, parseJson } from '../../core/json.js';
import { attempt, syncFolder, writeFileAtomic } from '../data-folder/atomic-file.js';
import { beginEpoch, readEpoch } from '../data-folder/epoch.js';
import { type DataFolder, dataFolder } from '../data-folder/layout.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { fileExists, readSmallFile } from '../data-folder/small-file.js';
import { readIdentity } from '../identity/identity-file.js';
import { unpackBackup } from './restore.js';

/*
 * A restore into a folder that is in use. The backup is unpacked and verified beside everything else while the gateway
 * runs; when somebody confirmed, the next start puts what is there aside, into a folder that is a whole data folder itself,
 * and the backup into its place. Each step can be done again after a power cut:
 *
 *     restore/staged/     the backup, unpacked
 *     restore/confirmed   first what is here moves into the folder that is named in it,
 *     restore/cleared     and then what is staged into its place, the identity last
 */

const STAGED = 'staged';
const CONFIRMED = 'confirmed';
const CLEARED = 'cleared';
const LIMITS = { maxBytes: 4096, maxDepth: 2 };

/** A backup that was unpacked and verified. */
export interface Staged {
  /** Of the station that it is of. */
  readonly did: string;
}

/**
 * Unpacks a backup beside what is in use. `passphrase` is that of the backup; `ownPassphrase` that with which this gateway
 * starts, and which must open the keys in it. Throws ERR_BACKUP, ERR_PASSPHRASE, ERR_FILE; then nothing is staged.
 */
export async function stageRestore(
  folder: DataFolder,
  file: string,
  passphrase: string | undefined,
  ownPassphrase: string | undefined,
): Promise<Staged> {
  const staged = dataFolder(path.join(folder.restore, STAGED));
  await rm(staged.path, { recursive: true, force: true });
  return attempt(staged.path, async () => {
    await mkdir(staged.path, { recursive: true, mode: 0o700 });
    try {
      await unpackBackup(staged, file, passphrase);
      const did = await didIn(staged, ownPassphrase);
      const epochs = await Promise.all([readEpoch(staged), readEpoch(folder)]);
      await beginEpoch(staged, Math.max(...epochs.map((epoch) => epoch?.number ?? 0)));
      return { did };
    } catch (error) {
      await rm(staged.path, { recursive: true, force: true });
      throw error;
    }
  });
}

async function didIn(staged: DataFolder, passphrase: string | undefined): Promise<string> {
  try {
    return (await readIdentity(staged, passphrase)).current.did;
  } catch (cause) {
    if (!isWaypostError(cause, 'ERR_PASSPHRASE')) throw cause;
    const what = 'the keys in the backup have a passphrase of their own, and this gateway is not started with it';
    throw new WaypostError('ERR_PASSPHRASE', what, { cause });
  }
}

/** From now on the next start restores. Returns the name of the folder that will hold what is here now. */
export async function confirmRestore(folder: DataFolder): Promise<string> {
  const number = (await readEpoch(folder))?.number ?? 0;
  const aside = await freeName(folder, `before-restore-${number}`);
  await syncFolder(path.join(folder.restore, STAGED));
  await writeFileAtomic(path.join(folder.restore, CONFIRMED), `${JSON.stringify({ aside })}\n`);
  return aside;
}

/** Whether the next start restores. */
export function isRestoreConfirmed(folder: DataFolder): Promise<boolean> {
  return fileExists(path.join(folder.restore, CONFIRMED));
}

/** Nothing is to be restored any more. */
export async function cancelRestore(folder: DataFolder): Promise<void> {
  // First what the next start would go by.
  await rm(path.join(folder.restore, CONFIRMED), { force: true });
  await rm(folder.restore, { recursive: true, force: true });
}

/**
 * Does what was confirmed, or goes on with it after a power cut. Returns the folder with what was here before; undefined
 * when nothing was to be restored. Throws ERR_DATA_FOLDER_BUSY, ERR_FILE.
 */
export async function finishRestore(folder: DataFolder): Promise<string | undefined> {
  const confirmed = path.join(folder.restore, CONFIRMED);
  const cleared = path.join(folder.restore, CLEARED);
  if (!(await fileExists(confirmed)) && !(await fileExists(cleared))) return undefined;
  await using _lock = await lockDataFolder(folder, 'restore');
  return attempt(folder.restore, async () => {
    let aside = await readAside(confirmed);
    if (aside !== undefined) {
      await clearInto(folder, path.join(folder.path, aside));
      await rename(confirmed, cleared);
      await syncFolder(folder.restore);
    }
    aside ??= await readAside(cleared);
    await fillFrom(folder, dataFolder(path.join(folder.restore, STAGED)));
    await rm(cleared, { force: true });
    await rm(folder.restore, { recursive: true, force: true });
    return aside === undefined ? undefined : path.join(folder.path, aside);
  });
}

async function clearInto(folder: DataFolder, aside: string): Promise<void> {
  await mkdir(aside, { recursive: true, mode: 0o700 });
  const isMoved = (name: string): boolean =>
    [folder.identity, folder.config, folder.epoch, folder.dids, folder.partials].some((file) => at(file) === name) ||
    name.startsWith(at(folder.store)); // with its log, which may hold the last messages
  const names = (await readdir(folder.path)).filter(isMoved);
  for (const name of names) await rename(path.join(folder.path, name), path.join(aside, name));
  await syncFolder(aside);
  await syncFolder(folder.path);
}

async function fillFrom(folder: DataFolder, staged: DataFolder): Promise<void> {
  const isThere = await fileExists(staged.path);
  const identity = at(staged.identity);
  const names = (isThere ? await readdir(staged.path) : []).filter((name) => name !== identity);
  for (const name of names) await rename(path.join(staged.path, name), path.join(folder.path, name));
  await syncFolder(folder.path);
  if (await fileExists(staged.identity)) await rename(staged.identity, folder.identity);
  await syncFolder(folder.path);
  if (await fileExists(folder.identity)) return;
  throw new WaypostError('ERR_DATA_FOLDER', `${staged.path} is gone: what was here before is in before-restore-*`);
}

async function freeName(folder: DataFolder, name: string): Promise<string> {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!(await fileExists(path.join(folder.path, candidate)))) return candidate;
  }
}

async function readAside(file: string): Promise<string | undefined> {
  const content = await readSmallFile(file, LIMITS.maxBytes);
  if (content === undefined) return undefined;
  const value = parseJson(content, LIMITS, file);
  if (isJsonObject(value) && typeof value.aside === 'string' && /^before-restore-[\d-]+$/.test(value.aside)) {
    return value.aside;
  }
  throw new WaypostError('ERR_DATA_FOLDER', `${file} is damaged: remove it, and restore anew`);
}

function at(file: string): string {
  return path.basename(file);
}
