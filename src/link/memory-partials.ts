import type { Clock } from '../core/clock.js';
import type { PartialLimits, PartialStore, Piece } from './partial-store.js';
import { openPartials, type PartialBacking, partialId } from './partials.js';

/** The `clock` that ages are counted by, and `limits` that differ from {@link DEFAULT_PARTIAL_LIMITS}. */
export interface MemoryPartialsOptions {
  readonly clock: Clock;
  readonly limits?: Partial<PartialLimits>;
}

/** A store of partial messages that survives a disconnect and nothing worse: for tests, browsers, and stations without a disk. */
export function createMemoryPartials(options: MemoryPartialsOptions): Promise<PartialStore> {
  return openPartials({ ...options, backing: createMemoryBacking() });
}

function createMemoryBacking(): PartialBacking {
  const partials = new Map<string, Piece[]>();
  return {
    list: async () => [],
    load: async (key) => partials.get(partialId(key)) ?? [],
    async append(key, pieces) {
      const held = partials.get(partialId(key));
      if (held === undefined) partials.set(partialId(key), [...pieces]);
      else held.push(...pieces);
    },
    async remove(key) {
      partials.delete(partialId(key));
    },
  };
}
