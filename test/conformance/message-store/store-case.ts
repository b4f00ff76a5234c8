import type { SpaceLimits } from '../../../src/store/key-value.js';
import type { StoreLimits } from '../../../src/store/limits.js';
import type { MessageStore } from '../../../src/store/message-store.js';
import type { ManualClock } from '../../support/manual-clock.js';

/** One store under test, with what a case needs to look behind it. */
export interface StoreFixture {
  readonly clock: ManualClock;
  readonly store: MessageStore;
  /** Closes the store and opens another on the same data, as a restart does. Afterwards `store` is the new one. */
  reopen(whileClosed?: () => void): Promise<void>;
  dispose(): Promise<void>;
}

/** Opens a new, empty store with the limits and spaces of the cases. */
export type OpenFixture = () => Promise<StoreFixture>;

export interface StoreCase {
  readonly name: string;
  run(fixture: StoreFixture): Promise<void>;
}

/** Small, so that a case can fill the store. */
export const CASE_LIMITS: StoreLimits = {
  total: { messages: 12, bytes: 10_000 },
  reserved: { messages: 2, bytes: 1000 },
  perDestination: { messages: 8, bytes: 4000 },
  perDepositor: { messages: 9, bytes: 5000 },
  contentBytes: 2000,
  metadataBytes: 100,
  retentionMs: 1_000_000,
  rememberDepartures: 20,
};

export const CASE_SPACES: Readonly<Record<'accounts' | 'seen', SpaceLimits>> = {
  accounts: { maxEntries: 4, maxValueBytes: 100, whenFull: 'refuse' },
  seen: { maxEntries: 3, maxValueBytes: 100, whenFull: 'forget-oldest' },
};
