import { WaypostError } from '../../core/errors.js';
import type { CommitResult, EngineOperation } from '../engine.js';
import { fromPlain } from './worker-client.js';
import type { BatchResult, Transaction } from './writer.js';

/** In one transaction: enough to make the fsync cheap, not so much that an acknowledgement waits for long. */
const BATCH_TRANSACTIONS = 512;
const BATCH_BYTES = 8 * 1024 * 1024;

interface Pending {
  readonly transaction: Transaction;
  readonly bytes: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the transactions of all callers while a batch is being written, and writes them as the next batch. Nobody
 * waits for a timer: a lone caller is written at once, and the slower the disk, the larger the batches.
 */
export class GroupCommit {
  readonly #write: (batch: readonly Transaction[]) => Promise<BatchResult>;
  readonly #limitWaitingBytes: number;
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;

  constructor(write: (batch: readonly Transaction[]) => Promise<BatchResult>, limitWaitingBytes: number) {
    this.#write = write;
    this.#limitWaitingBytes = limitWaitingBytes;
  }

  /** Throws ERR_STORE_BUSY when more is waiting than may wait; otherwise as the transaction ends. */
  submit(transaction: Transaction): Promise<CommitResult> {
    const bytes = weigh(transaction.operations);
    if (this.#waiting.length > 0 && this.#waitingBytes + bytes > this.#limitWaitingBytes) {
      const message = `${this.#waitingBytes} bytes wait to be written, the limit is ${this.#limitWaitingBytes}`;
      return Promise.reject(new WaypostError('ERR_STORE_BUSY', message, { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ transaction, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (true) {
      // Everybody whom the last batch woke gets the chance to be in the next one.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#take();
      if (batch.length === 0) break;
      await this.#writeBatch(batch);
    }
    this.#running = undefined;
  }

  #take(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.#waiting) {
      bytes += pending.bytes;
      if (count === BATCH_TRANSACTIONS || (count > 0 && bytes > BATCH_BYTES)) break;
      count++;
      this.#waitingBytes -= pending.bytes;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeBatch(batch: readonly Pending[]): Promise<void> {
    try {
      const { outcomes, totals } = await this.#write(batch.map((pending) => pending.transaction));
      batch.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i];
        if (outcome && 'results' in outcome) resolve({ results: outcome.results, totals });
        else reject(outcome ? fromPlain(outcome.error) : new Error('a transaction got no outcome'));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** What an operation weighs besides its bytes. */
const OPERATION_BYTES = 256;

function weigh(operations: readonly EngineOperation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    bytes += OPERATION_BYTES;
    if (operation.kind === 'put') bytes += operation.message.content.length;
    if (operation.kind === 'set') bytes += operation.value.length;
    if (operation.kind === 'acknowledge') bytes += 32 * operation.ids.length;
  }
  return bytes;
}
