import type { Reads } from '../engine.js';
import { openForReading } from './database.js';
import { toWaypostError } from './errors.js';
import { SqliteReader } from './reader.js';

/**
 * Answers questions in the thread that asks, on a connection of its own: it sees the last commit and waits for no
 * fsync. A thread for it would cost 20 MB, a fifth of what the whole program may have, and each answer a copy; what is
 * asked here takes 0.1 ms from the cache and some from a card.
 */
export interface LocalReader {
  /** Throws ERR_STORE_FAILED, ERR_STORE_DAMAGED. */
  read<M extends keyof Reads>(method: M, args: Parameters<Reads[M]>): ReturnType<Reads[M]>;
  close(): void;
}

export function openLocalReader(path: string): LocalReader {
  const db = attempt('open', () => openForReading(path));
  const reader: Reads = new SqliteReader(db);
  return {
    read(method, args) {
      const answer = reader[method] as (...questions: typeof args) => ReturnType<Reads[typeof method]>;
      return attempt(method, () => answer.apply(reader, args));
    },
    close: () => db.close(),
  };
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toWaypostError(error, what);
  }
}
