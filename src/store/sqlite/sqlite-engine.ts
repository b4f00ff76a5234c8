import type { Moment } from '../age.js';
import type { CommitResult, Engine, EngineOperation, Reads } from '../engine.js';
import { GroupCommit } from './group-commit.js';
import type { ReaderMethods, WriterMethods } from './protocol.js';
import type { WorkerClient } from './worker-client.js';

/** How much of what was not written yet is kept in memory. */
const LIMIT_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * The engine on SQLite, as the main thread sees it: changes go to the writer in groups, questions to the reader. The
 * reader's thread costs 12 MB and starts with the first question.
 */
export class SqliteEngine implements Engine {
  readonly #writer: WorkerClient<WriterMethods>;
  readonly #startReader: () => Promise<WorkerClient<ReaderMethods>>;
  readonly #group: GroupCommit;
  #reader: Promise<WorkerClient<ReaderMethods>> | undefined;

  constructor(writer: WorkerClient<WriterMethods>, startReader: () => Promise<WorkerClient<ReaderMethods>>) {
    this.#writer = writer;
    this.#startReader = startReader;
    this.#group = new GroupCommit((batch, transfer) => writer.call('commit', [batch], transfer), LIMIT_WAITING_BYTES);
  }

  commit(operations: readonly EngineOperation[], moment: Moment): Promise<CommitResult> {
    return this.#group.submit({ operations, moment });
  }

  async read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>> {
    this.#reader ??= this.#startReader();
    const reader = await this.#reader.catch((error: unknown) => {
      this.#reader = undefined; // the next question tries again
      throw error;
    });
    return reader.call(method, args);
  }

  /** What was handed in before is written; then the log is copied into the file and the file is closed. */
  async close(moment: Moment): Promise<void> {
    await this.#group.drained();
    const reader = await this.#reader?.catch(() => undefined);
    try {
      await reader?.call('close', []);
      await this.#writer.call('close', [moment]);
    } finally {
      await Promise.all([reader?.terminate(), this.#writer.terminate()]);
    }
  }
}
