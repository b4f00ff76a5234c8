import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { openForReading, openForWriting } from './database.js';
import { diskRoomOf } from './disk-room.js';
import { plain, toWaypostError } from './errors.js';
import type { ReaderMethods, Reply, Request, Role, WriterMethods } from './protocol.js';
import { SqliteReader } from './reader.js';
import { SqliteWriter } from './writer.js';

/*
 * The entry of both worker threads; a bundle needs it as an entry of its own. The main thread ends it after `close`.
 */

type Method = (...args: readonly unknown[]) => unknown;

function writerMethods(): WriterMethods {
  let opened: { db: Database; lock: Database; writer: SqliteWriter } | undefined;
  const current = () => {
    if (!opened) throw new Error('the writer is not open');
    return opened;
  };
  return {
    open(options) {
      const { db, lock, report } = openForWriting(options);
      const room = diskRoomOf(db, options.checkpointPages);
      const writer = new SqliteWriter(db, options.limits, options.spaces, room);
      opened = { db, lock, writer };
      return { report, mark: writer.mark(), totals: writer.totals() };
    },
    commit: (batch) => current().writer.commit(batch),
    close(moment) {
      const { db, lock, writer } = current();
      try {
        writer.finish(moment);
      } finally {
        db.close();
        lock.close();
      }
    },
  };
}

function readerMethods(): ReaderMethods {
  let opened: { db: Database; reader: SqliteReader } | undefined;
  const current = () => {
    if (!opened) throw new Error('the reader is not open');
    return opened.reader;
  };
  return {
    open(path) {
      const db = openForReading(path);
      opened = { db, reader: new SqliteReader(db) };
    },
    list: (...args) => current().list(...args),
    status: (...args) => current().status(...args),
    destinations: (...args) => current().destinations(...args),
    why: (...args) => current().why(...args),
    get: (...args) => current().get(...args),
    entries: (...args) => current().entries(...args),
    close() {
      opened?.db.close();
    },
  };
}

function serve(port: MessagePort, methods: Readonly<Record<string, Method | undefined>>): void {
  port.on('message', ({ id, method, args }: Request) => {
    port.postMessage(answer(id, method, () => methods[method]?.(...args)));
  });
}

function answer(id: number, method: string, run: () => unknown): Reply {
  try {
    return { id, value: run() };
  } catch (error) {
    return { id, error: plain(toWaypostError(error, method)) };
  }
}

if (parentPort) {
  const { role } = workerData as { readonly role: Role };
  const methods = role === 'writer' ? writerMethods() : readerMethods();
  serve(parentPort, methods as unknown as Readonly<Record<string, Method | undefined>>);
}
