import type { Moment } from '../age.js';
import type { CommitResult, Engine, EngineOperation, Reads } from '../engine.js';
import { GroupCommit } from './group-commit.js';
import type { ReaderMethods, WriterMethods } from './protocol.js';
import type { WorkerClient } from './worker-client.js';

/** How much of what was not written yet is kept in memory. */
const LIMIT_WAITING_BYTES = 32 * 1024 * 1024;

/** The engine on SQLite, as the main thread sees it: changes go to the writer in groups, questions to the reader. */
export class SqliteEngine implements Engine {
  readonly #writer: WorkerClient<WriterMethods>;
  readonly #reader: WorkerClient<ReaderMethods>;
  readonly #group: GroupCommit;

  constructor(writer: WorkerClient<WriterMethods>, reader: WorkerClient<ReaderMethods>) {
    this.#writer = writer;
    this.#reader = reader;
    this.#group = new GroupCommit((batch, transfer) => writer.call('commit', [batch], transfer), LIMIT_WAITING_BYTES);
  }

  commit(operations: readonly EngineOperation[], moment: Moment): Promise<CommitResult> {
    return this.#group.submit({ operations, moment });
  }

  read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>> {
    return this.#reader.call(method, args);
  }

  /** What was handed in before is written; then the log is copied into the file and the file is closed. */
  async close(moment: Moment): Promise<void> {
    await this.#group.drained();
    try {
      await this.#reader.call('close', []);
      await this.#writer.call('close', [moment]);
    } finally {
      await Promise.all([this.#reader.terminate(), this.#writer.terminate()]);
    }
  }
}
