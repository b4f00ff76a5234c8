import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEngine } from '../../src/store/memory-engine.js';
import { reopenMemoryStore } from '../../src/store/memory-store.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import type { WorkerEntry } from '../../src/store/sqlite/worker-client.js';
import {
  CASE_LIMITS,
  CASE_SPACES,
  type OpenFixture,
  type StoreFixture,
} from '../conformance/message-store/store-case.js';
import { ManualClock } from './manual-clock.js';

/** A fixture whose `open` is called for each restart. `wrap` puts something between the store and the suite. */
async function fixture(
  clock: ManualClock,
  open: () => Promise<MessageStore>,
  remove: () => Promise<void>,
  wrap: (store: MessageStore) => MessageStore = (store) => store,
): Promise<StoreFixture> {
  let store = wrap(await open());
  return {
    clock,
    get store() {
      return store;
    },
    async reopen(whileClosed) {
      await store[Symbol.asyncDispose]();
      whileClosed?.();
      store = wrap(await open());
    },
    async dispose() {
      await store[Symbol.asyncDispose]();
      await remove();
    },
  };
}

export interface MemoryFixtureOptions {
  readonly wrap?: (store: MessageStore) => MessageStore;
  readonly clock?: () => ManualClock;
  /** For a store that has nothing left after a restart. */
  readonly forgets?: boolean;
}

export function memoryFixture({ wrap, clock: makeClock, forgets = false }: MemoryFixtureOptions = {}): OpenFixture {
  return async () => {
    const clock = makeClock?.() ?? new ManualClock();
    let engine = new MemoryEngine(CASE_LIMITS, CASE_SPACES);
    const open = async () => {
      if (forgets) engine = new MemoryEngine(CASE_LIMITS, CASE_SPACES);
      return reopenMemoryStore(engine, { clock, limits: CASE_LIMITS, spaces: CASE_SPACES });
    };
    return fixture(clock, open, async () => {}, wrap);
  };
}

export function sqliteFixture(worker: WorkerEntry): OpenFixture {
  return async () => {
    const clock = new ManualClock();
    const folder = await mkdtemp(join(tmpdir(), 'waypost-store-'));
    const options = { path: join(folder, 'store.db'), clock, limits: CASE_LIMITS, spaces: CASE_SPACES, worker };
    const open = async () => (await openSqliteStore(options)).store;
    return fixture(clock, open, () => rm(folder, { recursive: true }));
  };
}
