import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WaypostError } from '../../../core/errors.js';
import type { Scheduler } from '../../../core/scheduler.js';
import { FileAnswer } from '../../admin/requests.js';
import type { DataFolder } from '../../data-folder/layout.js';
import { fileExists } from '../../data-folder/small-file.js';
import type { Machine } from '../../machine.js';
import { showSize } from '../../measures.js';
import { programUrl } from '../../program-url.js';
import { findDisk } from '../../run/disk.js';

/** A backup for a browser. */
export type BackupState =
  | { readonly state: 'none' | 'making' }
  | { readonly state: 'ready'; readonly bytes: number }
  | { readonly state: 'failed'; readonly message: string };

export interface BackupDownload extends AsyncDisposable {
  state(): BackupState;
  /**
   * Begins to make an encrypted backup, in place of the one before. Throws ERR_INVALID_ARGUMENT for a passphrase that is too
   * short and while one is being made, ERR_TOO_LARGE where the disk has no room for it.
   */
  make(passphrase: string): Promise<void>;
  /** Throws ERR_INVALID_ARGUMENT when none is ready. */
  file(): FileAnswer;
  /** Removes it; by itself after 15 minutes. */
  remove(): Promise<void>;
}

export interface BackupDownloadOptions {
  readonly folder: DataFolder;
  readonly machine: Machine;
  readonly scheduler: Scheduler;
}

/** The keys leave the machine under this alone. */
const MIN_PASSPHRASE_CHARS = 10;
const KEPT_MS = 15 * 60_000;

export function createBackupDownload({ folder, machine, scheduler }: BackupDownloadOptions): BackupDownload {
  const file = path.join(folder.downloads, 'backup');
  let state: BackupState = { state: 'none' };
  let cancel = (): void => {};
  const stop = new AbortController();

  const remove = async (): Promise<void> => {
    cancel();
    await rm(folder.downloads, { recursive: true, force: true });
    if (state.state !== 'making') state = { state: 'none' };
  };
  const run = async (passphrase: string): Promise<void> => {
    try {
      await mkdir(folder.downloads, { recursive: true, mode: 0o700 });
      await runBackup(folder, file, passphrase, stop.signal);
      state = { state: 'ready', bytes: (await stat(file)).size };
      cancel = scheduler.after(KEPT_MS, () => void remove());
    } catch (error) {
      state = { state: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    state: () => state,
    async make(passphrase) {
      if (passphrase.length < MIN_PASSPHRASE_CHARS || /[\r\n]/.test(passphrase)) {
        const what = `the passphrase of a backup has at least ${MIN_PASSPHRASE_CHARS} characters, and is one line`;
        throw new WaypostError('ERR_INVALID_ARGUMENT', what);
      }
      if (state.state === 'making') throw new WaypostError('ERR_INVALID_ARGUMENT', 'a backup is being made already');
      await assertRoom(folder, machine);
      await remove();
      state = { state: 'making' };
      void run(passphrase);
    },
    file() {
      if (state.state !== 'ready') throw new WaypostError('ERR_INVALID_ARGUMENT', 'no backup is ready');
      return new FileAnswer(file, state.bytes);
    },
    remove,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await remove();
    },
  };
}

/** While it is made there are a copy of the database and the backup. */
async function assertRoom(folder: DataFolder, machine: Machine): Promise<void> {
  const disk = await findDisk(machine, folder);
  if (disk === null || !(await fileExists(folder.store))) return;
  const neededBytes = 2 * (await stat(folder.store)).size;
  if (disk.freeBytes - disk.keptFreeBytes >= neededBytes) return;
  const what = `a backup needs ${showSize(neededBytes)} for a while, and ${showSize(disk.freeBytes)} are free`;
  throw new WaypostError('ERR_TOO_LARGE', `${what}: write it elsewhere, with "waypost backup"`);
}

/** In a process of its own: copying a large database would hold everything else up. The passphrase is in no argument. */
async function runBackup(folder: DataFolder, file: string, passphrase: string, signal: AbortSignal): Promise<void> {
  const bin = fileURLToPath(programUrl('bin/waypost', 'bin.ts'));
  const args = [...process.execArgv, bin, 'backup', file, '--data', folder.path, '--passphrase-file', '-'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'], signal });
  child.stdin.on('error', () => {}); // it says why on standard error
  child.stdin.end(passphrase);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, 2000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new WaypostError('ERR_BACKUP', `no backup was made: ${messageIn(said.trim())}`);
}

/** Commands say what went wrong as JSON. */
function messageIn(said: string): string {
  try {
    return String(JSON.parse(said).error.message);
  } catch {
    return said;
  }
}
