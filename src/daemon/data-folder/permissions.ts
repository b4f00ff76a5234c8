import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { WaypostError } from '../../core/errors.js';
import { attempt, isSystemError } from './atomic-file.js';

/** Somebody but the owner. */
const OTHERS = 0o077;

/**
 * Makes the folder when it is missing, for its owner only. An empty one becomes private: nothing in it was open to
 * anybody. Throws ERR_DATA_FOLDER when one that holds something is open to other users, ERR_FILE.
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await attempt(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await openness(folder)) !== undefined && (await readdir(folder)).length === 0) await chmod(folder, 0o700);
  });
  await assertPrivate(folder);
}

/**
 * Refuses a folder or file that others can read or change. Keys that were open to others must count as known to them,
 * so this is an error and not repaired in silence. A missing one passes. Throws ERR_DATA_FOLDER with the command that
 * helps.
 */
export async function assertPrivate(file: string): Promise<void> {
  const found = await openness(file);
  if (found !== undefined) throw new WaypostError('ERR_DATA_FOLDER', `${found.problem}; to change it: ${found.fix}`);
}

/** What is wrong with the permissions, in words, and the command that changes it. Undefined when nothing is. */
export async function openness(file: string): Promise<{ readonly problem: string; readonly fix: string } | undefined> {
  // Windows has no such bits.
  if (process.platform === 'win32') return undefined;
  return attempt(file, async () => {
    try {
      const status = await stat(file);
      if ((status.mode & OTHERS) === 0) return undefined;
      const mode = (status.mode & 0o777).toString(8);
      const wanted = status.isDirectory() ? '700' : '600';
      return { problem: `${file} is open to other users (mode ${mode})`, fix: `chmod ${wanted} ${shellWord(file)}` };
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

/** A path as it can be pasted into a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
