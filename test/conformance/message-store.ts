import { describe, it } from 'vitest';
import { ageCases } from './message-store/age-cases.js';
import { entryCases } from './message-store/entry-cases.js';
import { leaseCases } from './message-store/lease-cases.js';
import { queueCases } from './message-store/queue-cases.js';
import { quotaCases } from './message-store/quota-cases.js';
import type { OpenFixture, StoreCase } from './message-store/store-case.js';

/** A case on a disk waits for some syncs, and a card is slow. */
const CASE_LIMIT_MS = 30_000;

export const messageStoreCases: readonly StoreCase[] = [
  ...queueCases,
  ...quotaCases,
  ...ageCases,
  ...leaseCases,
  ...entryCases,
];

/** What every store promises (`src/store/message-store.ts`), as one suite for all of them. */
export function describeMessageStore(name: string, open: OpenFixture): void {
  describe(name, () => {
    for (const storeCase of messageStoreCases) {
      it(
        storeCase.name,
        async () => {
          const fixture = await open();
          try {
            await storeCase.run(fixture);
          } finally {
            await fixture.dispose();
          }
        },
        CASE_LIMIT_MS,
      );
    }
  });
}
