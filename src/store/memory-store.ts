import type { DeviceClock } from '../core/clock.js';
import { AgeKeeper } from './age.js';
import { EngineStore } from './engine-store.js';
import type { Spaces } from './key-value.js';
import { DEFAULT_LIMITS, type StoreLimits } from './limits.js';
import { MemoryEngine } from './memory-engine.js';
import type { MessageStore } from './message-store.js';

export interface MemoryStoreOptions {
  readonly clock: DeviceClock;
  readonly limits?: Partial<StoreLimits>;
  readonly spaces?: Spaces;
}

/** A store for tests and for a station that holds nothing: the same behaviour as on SQLite, gone with the process. */
export function openMemoryStore(options: MemoryStoreOptions): MessageStore {
  const engine = new MemoryEngine({ ...DEFAULT_LIMITS, ...options.limits }, options.spaces ?? {});
  return reopenMemoryStore(engine, options);
}

/** Another store on an engine that outlived the one before: what a restart is for a durable store. */
export function reopenMemoryStore(engine: MemoryEngine, options: MemoryStoreOptions): MessageStore {
  return new EngineStore({
    engine,
    age: new AgeKeeper(options.clock, engine.lastMoment?.mark),
    monotonicMs: () => options.clock.monotonicMs(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    spaces: options.spaces ?? {},
    totals: engine.totals(),
  });
}
