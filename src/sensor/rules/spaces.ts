import type { Spaces } from '../../store/key-value.js';

/** By stream: what was thinned since the agent was told last. JSON. */
export const THINNED = 'rules.thinned';
/** By stream: the thread of its messages, and how many there were. JSON. */
export const SERIES = 'rules.series';

/** Whoever opens the store passes these on. */
export const RULE_SPACES: Spaces = {
  [THINNED]: { maxEntries: 10_000, maxValueBytes: 32 * 1024, whenFull: 'refuse' },
  // Whose thread is forgotten gets another one.
  [SERIES]: { maxEntries: 10_000, maxValueBytes: 256, whenFull: 'forget-oldest' },
};
