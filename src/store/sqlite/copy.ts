import Database from 'better-sqlite3';
import { toWaypostError } from './errors.js';

/**
 * Writes a consistent copy of the database at `path` to `target`, which does not exist, also while others write to it: what
 * was committed when the copy began. Throws ERR_STORE_DAMAGED, ERR_STORE_FULL, ERR_STORE_FAILED.
 */
export function copySqliteStore(path: string, target: string): void {
  try {
    // Not `query_only`, which would refuse to write the copy too.
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      // One read transaction; the pages that were left empty are not copied.
      db.prepare('VACUUM INTO ?').run(target);
    } finally {
      db.close();
    }
  } catch (error) {
    throw toWaypostError(error, `copying ${path}`);
  }
}
