import type { Moment } from '../age.js';
import type { CommitResult, Engine, EngineOperation, Reads } from '../engine.js';
import { GroupCommit } from './group-commit.js';
import type { LocalReader } from './local-reader.js';
import { packBatch, unpackResult } from './packed-batch.js';
import type { WriterMethods } from './protocol.js';
import type { WorkerClient } from './worker-client.js';

/** How much of what was not written yet is kept in memory. */
const LIMIT_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * The engine on SQLite, as the main thread sees it: changes go to the writer in groups, questions to the reader,
 * which is opened with the first of them.
 */
export class SqliteEngine implements Engine {
  readonly #writer: WorkerClient<WriterMethods>;
  readonly #openReader: () => Promise<LocalReader>;
  readonly #group: GroupCommit;
  #reader: Promise<LocalReader> | undefined;

  constructor(writer: WorkerClient<WriterMethods>, openReader: () => Promise<LocalReader>) {
    this.#writer = writer;
    this.#openReader = openReader;
    this.#group = new GroupCommit(async (batch) => {
      const packed = packBatch(batch);
      return unpackResult(await writer.call('commit', [packed], [packed.bytes.buffer]));
    }, LIMIT_WAITING_BYTES);
  }

  commit(operations: readonly EngineOperation[], moment: Moment): Promise<CommitResult> {
    return this.#group.submit({ operations, moment });
  }

  async read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>> {
    this.#reader ??= this.#openReader();
    const reader = await this.#reader.catch((error: unknown) => {
      this.#reader = undefined; // the next question tries again
      throw error;
    });
    return reader.read(method, args);
  }

  /** What was handed in before is written; then the log is copied into the file and the file is closed. */
  async close(moment: Moment): Promise<void> {
    await this.#group.drained();
    const reader = await this.#reader?.catch(() => undefined);
    try {
      reader?.close();
      await this.#writer.call('close', [moment]);
    } finally {
      await this.#writer.terminate();
    }
  }
}
