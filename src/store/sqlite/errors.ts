import Database from 'better-sqlite3';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { PlainError } from '../engine.js';

/** Whether an error says that the file is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  if (isWaypostError(error, 'ERR_STORE_DAMAGED')) return true;
  const code = error instanceof Database.SqliteError ? error.code : '';
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

/** An error of the database in this project's terms. A full disk is retryable: somebody will fetch their mail. */
export function toWaypostError(error: unknown, what: string): WaypostError {
  if (isWaypostError(error)) return error;
  const code = error instanceof Database.SqliteError ? error.code : 'unknown';
  if (code === 'SQLITE_FULL') {
    return new WaypostError('ERR_STORE_FULL', `${what}: the disk or the database file has no room`, {
      cause: error,
      retryable: true,
    });
  }
  if (isDamage(error)) return new WaypostError('ERR_STORE_DAMAGED', `${what}: ${code}`, { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  return new WaypostError('ERR_STORE_FAILED', `${what}: ${code} ${text}`, { cause: error });
}

/** For the way between threads; the cause stays behind. */
export function plain({ code, message, retryable }: WaypostError): PlainError {
  return { code, message, retryable };
}
