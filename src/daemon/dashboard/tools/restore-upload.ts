import { mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, isWaypostError, WaypostError } from '../../../core/errors.js';
import {
  cancelRestore,
  confirmRestore,
  isRestoreConfirmed,
  type Staged,
  stageRestore,
} from '../../backup/staged-restore.js';
import { attempt } from '../../data-folder/atomic-file.js';
import type { DataFolder } from '../../data-folder/layout.js';
import type { Machine } from '../../machine.js';
import { showSize } from '../../measures.js';
import { findDisk } from '../../run/disk.js';

/** A backup that a browser brings. `staged`: verified, and nothing is changed yet; `confirmed`: the next start restores. */
export type RestoreState =
  | { readonly state: 'none' | 'checking' }
  | { readonly state: 'uploading'; readonly receivedBytes: number }
  | { readonly state: 'staged'; readonly did: string }
  | { readonly state: 'confirmed'; readonly aside: string | null }
  | { readonly state: 'failed'; readonly code: ErrorCode; readonly message: string };

export interface RestoreUpload {
  state(): Promise<RestoreState>;
  /**
   * Takes a piece of the backup. The first one (`offset` 0) begins anew. Throws ERR_INVALID_ARGUMENT for a piece that does
   * not follow the one before, ERR_TOO_LARGE where the disk has no room for so many bytes, ERR_FILE.
   */
  take(piece: Uint8Array, offset: number, wholeBytes: number): Promise<void>;
  /** Begins to unpack and verify what was taken, see {@link RestoreState}. */
  check(passphrase: string | undefined): Promise<void>;
  /** Throws ERR_INVALID_ARGUMENT when nothing is staged. */
  confirm(): Promise<void>;
  cancel(): Promise<void>;
}

export interface RestoreUploadOptions {
  readonly folder: DataFolder;
  readonly machine: Machine;
  /** With which this gateway starts. */
  readonly passphrase: string | undefined;
}

/** The backup, and what it holds. */
const ROOM = 2;

export function createRestoreUpload({ folder, machine, passphrase: own }: RestoreUploadOptions): RestoreUpload {
  const file = path.join(folder.restore, 'upload');
  let state: RestoreState = { state: 'none' };
  const assertIdle = (): void => {
    if (state.state === 'checking') throw invalid('a backup is being looked at; wait for it');
    if (state.state === 'confirmed') throw invalid('a restore is confirmed already; cancel it first');
  };
  const verify = async (passphrase: string | undefined): Promise<void> => {
    try {
      const { did }: Staged = await stageRestore(folder, file, passphrase, own);
      state = { state: 'staged', did };
    } catch (error) {
      const { code, message } = isWaypostError(error) ? error : new WaypostError('ERR_INTERNAL', String(error));
      state = { state: 'failed', code, message };
    }
  };
  return {
    async state() {
      // Also what was confirmed before this process began to look.
      if (state.state === 'none' && (await isRestoreConfirmed(folder))) state = { state: 'confirmed', aside: null };
      return state;
    },
    async take(piece, offset, wholeBytes) {
      assertIdle();
      if (offset === 0) await begin(folder, machine, wholeBytes);
      const received = state.state === 'uploading' && offset > 0 ? state.receivedBytes : 0;
      if (offset !== received || offset + piece.length > wholeBytes) throw invalid(`the next piece is at ${received}`);
      await append(file, piece, offset);
      state = { state: 'uploading', receivedBytes: offset + piece.length };
    },
    async check(passphrase) {
      assertIdle();
      if ((await sizeOf(file)) === 0) throw invalid('no backup was brought');
      state = { state: 'checking' };
      void verify(passphrase);
    },
    async confirm() {
      if (state.state !== 'staged') throw invalid('no backup was looked at that could be restored');
      const aside = path.join(folder.path, await confirmRestore(folder));
      await rm(file, { force: true });
      state = { state: 'confirmed', aside };
    },
    async cancel() {
      if (state.state === 'checking') throw invalid('a backup is being looked at; wait for it');
      await cancelRestore(folder);
      state = { state: 'none' };
    },
  };
}

async function begin(folder: DataFolder, machine: Machine, wholeBytes: number): Promise<void> {
  await cancelRestore(folder);
  const disk = await findDisk(machine, folder);
  const roomBytes = disk === null ? Number.POSITIVE_INFINITY : disk.freeBytes - disk.keptFreeBytes;
  if (ROOM * wholeBytes > roomBytes) {
    const what = `a backup of ${showSize(wholeBytes)} needs twice as much room, and ${showSize(Math.max(0, roomBytes))} are left`;
    throw new WaypostError('ERR_TOO_LARGE', what);
  }
  await attempt(folder.restore, () => mkdir(folder.restore, { recursive: true, mode: 0o700 }));
}

async function append(file: string, piece: Uint8Array, offset: number): Promise<void> {
  await attempt(file, async () => {
    const handle = await open(file, 'a', 0o600);
    try {
      await handle.truncate(offset); // what a piece before left that broke off
      await handle.appendFile(piece);
    } finally {
      await handle.close();
    }
  });
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function invalid(what: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', what);
}
