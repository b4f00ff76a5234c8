import { existsSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { WaypostError } from '../../core/errors.js';
import { isDamage, toWaypostError } from './errors.js';
import { migrate } from './schema.js';
import { StateTable } from './state-table.js';

export interface DatabaseOptions {
  readonly path: string;
  /** Of this boot: a file that another boot did not close is checked before it is used. */
  readonly bootId: string;
  /** `refuse`: throw and leave the file alone. `set-aside`: rename it and begin a new one, and say so. */
  readonly whenDamaged: 'refuse' | 'set-aside';
  /** The file may not grow beyond this; 0 for no limit. */
  readonly limitFileBytes: number;
  /** Pages in the log before it is copied into the file. */
  readonly checkpointPages: number;
}

/** What happened on opening; an operator wants to know each of these. */
export interface OpenReport {
  /** There was no database before. */
  readonly created: boolean;
  /** The last boot ended without closing the store, and the file was found to be in order. */
  readonly checkedAfterUncleanBoot: boolean;
  /** Where the damaged file is now. Whoever sees this has lost what was queued, and should be told loudly. */
  readonly setAside: string | undefined;
}

const SYNCHRONOUS_FULL = 2;
const LOG_LIMIT_BYTES = 32 * 1024 * 1024;
/** What is not in these is in the page cache of the operating system. */
const WRITER_CACHE_KIB = 8192;
const READER_CACHE_KIB = 2048;

/**
 * Opens the database for writing, in the only configuration in which a commit is durable when it returns.
 *
 * Throws ERR_STORE_LOCKED, ERR_STORE_VERSION, ERR_STORE_DAMAGED (with `refuse`), ERR_STORE_FULL, ERR_STORE_FAILED.
 */
export function openForWriting(options: DatabaseOptions): {
  db: Database.Database;
  lock: Database.Database;
  report: OpenReport;
} {
  const lock = takeLock(options.path);
  try {
    try {
      return { lock, ...openChecked(options, undefined) };
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (options.whenDamaged === 'refuse') throw damaged(options.path, 'it was left as it is', error);
      return { lock, ...openChecked(options, setAside(options.path)) };
    }
  } catch (error) {
    lock.close();
    throw toWaypostError(error, `opening ${options.path}`);
  }
}

export function openForReading(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma('query_only = ON');
  db.pragma(`cache_size = -${READER_CACHE_KIB}`);
  return db;
}

export function pageBytesOf(db: Database.Database): number {
  return Number(db.pragma('page_size', { simple: true }));
}

/**
 * Counters are kept in memory, so two writers would corrupt each other's quotas. The lock is one of SQLite's own on a
 * file beside the database: the kernel releases it with the process, however that ends.
 */
function takeLock(path: string): Database.Database {
  const lockPath = `${path}.lock`;
  try {
    const lock = new Database(lockPath, { timeout: 0 });
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.pragma('journal_mode = OFF');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    const code = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
    if (code) throw new WaypostError('ERR_STORE_LOCKED', `another process has ${path} open`, { cause });
    throw toWaypostError(cause, `locking ${lockPath}`);
  }
}

function openChecked(
  options: DatabaseOptions,
  aside: string | undefined,
): { db: Database.Database; report: OpenReport } {
  const db = new Database(options.path);
  try {
    // A new file is switched to WAL under a rollback journal. EXTRA syncs the folder after the deletion of that journal;
    // with less, a power cut could bring it back, and its rollback would undo the file to nothing.
    db.pragma('synchronous = EXTRA');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    assertDurable(db);
    db.pragma(`wal_autocheckpoint = ${options.checkpointPages}`);
    db.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`);
    db.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
    if (options.limitFileBytes > 0) {
      db.pragma(`max_page_count = ${Math.ceil(options.limitFileBytes / pageBytesOf(db))}`);
    }
    const created = migrate(db) === 0;
    const state = new StateTable(db);
    const unclean = !created && state.endedUncleanly(options.bootId);
    if (unclean) assertInOrder(db);
    state.markOpen();
    return { db, report: { created, checkedAfterUncleanBoot: unclean, setAside: aside } };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Some builds default to less, and a file system may refuse WAL: never assume it. */
function assertDurable(db: Database.Database): void {
  const mode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (mode !== 'wal' || synchronous !== SYNCHRONOUS_FULL) {
    throw new WaypostError(
      'ERR_STORE_FAILED',
      `the database runs with journal_mode=${mode}, synchronous=${synchronous}; durable are only wal and 2`,
    );
  }
}

function assertInOrder(db: Database.Database): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw damaged(db.name, String(verdict));
}

function damaged(path: string, what: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_STORE_DAMAGED', `${path} is damaged: ${what}`, { cause });
}

/** Renames the database with its log, which belongs to it. */
function setAside(path: string): string {
  let n = 1;
  while (existsSync(`${path}.damaged-${n}`)) n++;
  const aside = `${path}.damaged-${n}`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}
