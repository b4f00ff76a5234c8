import type { DeviceClock } from '../../core/clock.js';
import { AgeKeeper } from '../age.js';
import { EngineStore } from '../engine-store.js';
import type { Spaces } from '../key-value.js';
import { DEFAULT_LIMITS, type StoreLimits } from '../limits.js';
import type { MessageStore } from '../message-store.js';
import type { OpenReport } from './database.js';
import type { LocalReader } from './local-reader.js';
import type { WriterMethods } from './protocol.js';
import { SqliteEngine } from './sqlite-engine.js';
import { WorkerClient, type WorkerEntry } from './worker-client.js';

export interface SqliteStoreOptions {
  /** The database file; `-wal`, `-shm` and `.lock` lie beside it. Its folder exists, on a disk that keeps what is synced. */
  readonly path: string;
  readonly clock: DeviceClock;
  readonly limits?: Partial<StoreLimits>;
  readonly spaces?: Spaces;
  /** Default `refuse`. */
  readonly whenDamaged?: 'refuse' | 'set-aside';
  /** The file may not grow beyond this. Default 0: no limit but the disk. */
  readonly limitFileBytes?: number;
  /**
   * Pages of 4 KiB in the log before it is copied into the file. The more, the fewer copies of pages that change often,
   * and the more disk. Default 4000.
   */
  readonly checkpointPages?: number;
  /**
   * The code of the writer's thread. Default: `worker.js` beside this module, which is where a compiler puts it. A bundle
   * builds `src/store/sqlite/worker.ts` as an entry of its own and passes its URL.
   */
  readonly worker?: WorkerEntry;
}

export interface OpenedStore {
  readonly store: MessageStore;
  readonly report: OpenReport;
}

/**
 * Opens the durable store.
 *
 * Throws ERR_STORE_LOCKED (another process has it), ERR_STORE_VERSION (written by a newer program), ERR_STORE_DAMAGED
 * (with `whenDamaged: 'refuse'`; the file stays as it is), ERR_STORE_FULL, ERR_STORE_FAILED.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<OpenedStore> {
  const { path, clock, spaces = {}, whenDamaged = 'refuse', limitFileBytes = 0, checkpointPages = 4000 } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const entry = options.worker ?? { url: new URL('./worker.js', import.meta.url) };
  const writer = new WorkerClient<WriterMethods>(entry);
  try {
    const opened = await writer.call('open', [
      { path, bootId: clock.bootId, whenDamaged, limitFileBytes, checkpointPages, limits, spaces },
    ]);
    const store = new EngineStore({
      engine: new SqliteEngine(writer, () => openReader(path)),
      age: new AgeKeeper(clock, opened.mark),
      monotonicMs: () => clock.monotonicMs(),
      limits,
      spaces,
      totals: opened.totals,
    });
    return { store, report: opened.report };
  } catch (error) {
    await writer.terminate();
    throw error;
  }
}

/** Loaded with the first question: whoever only writes needs no second copy of the database driver. */
async function openReader(path: string): Promise<LocalReader> {
  return (await import('./local-reader.js')).openLocalReader(path);
}
