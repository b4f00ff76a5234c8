import { type MessagePort, parentPort } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { openForWriting } from './database.js';
import { diskRoomOf } from './disk-room.js';
import { plain, toWaypostError } from './errors.js';
import { packResult, unpackBatch } from './packed-batch.js';
import type { Reply, Request, WriterMethods } from './protocol.js';
import { SqliteWriter } from './writer.js';

/*
 * The entry of the writer's thread; a bundle needs it as an entry of its own. The main thread ends it after `close`.
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
    commit: (batch) => packResult(current().writer.commit(unpackBatch(batch))),
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

if (parentPort) serve(parentPort, writerMethods() as unknown as Readonly<Record<string, Method | undefined>>);
