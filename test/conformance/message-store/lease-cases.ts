import { expect } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { Lease } from '../../../src/store/message-store.js';
import { ALICE, BOB, contents, putAll } from './helpers.js';
import type { StoreCase } from './store-case.js';

function leased(lease: Lease | undefined): string[] | undefined {
  return lease?.messages.map((queued) => fromUtf8(queued.content));
}

const QUERY = { destinations: [ALICE, BOB], durationMs: 1000 };

export const leaseCases: readonly StoreCase[] = [
  {
    name: 'leases the head of one queue and deletes it only when told',
    async run({ store }) {
      expect(await store.lease(QUERY)).toBeUndefined();
      await putAll(store, ['1', '2']);
      const lease = await store.lease(QUERY);
      expect(lease?.destination).toBe(ALICE);
      expect(leased(lease)).toEqual(['1']);
      expect(await contents(store)).toEqual(['1', '2']);
      await lease?.acknowledge();
      await lease?.[Symbol.asyncDispose]();
      expect(await contents(store)).toEqual(['2']);
      expect(leased(await store.lease(QUERY))).toEqual(['2']);
    },
  },
  {
    name: 'leases a queue to one at a time, whose order nobody overtakes',
    async run({ store }) {
      await putAll(store, ['a1', 'a2']);
      await putAll(store, ['b1'], { destination: BOB });
      const leases = await Promise.all([store.lease(QUERY), store.lease(QUERY), store.lease(QUERY)]);
      expect(leases.map((lease) => lease?.destination).sort()).toEqual([ALICE, BOB, undefined]);
      const again = await store.lease({ ...QUERY, destinations: [ALICE] });
      expect(again).toBeUndefined();
    },
  },
  {
    name: 'leases the next queue while the first is leased',
    async run({ store }) {
      await putAll(store, ['a1', 'a2']);
      await putAll(store, ['b1'], { destination: BOB });
      expect(leased(await store.lease({ ...QUERY, limitMessages: 10 }))).toEqual(['a1', 'a2']);
      expect(leased(await store.lease({ ...QUERY, limitMessages: 10 }))).toEqual(['b1']);
      expect(await store.lease(QUERY)).toBeUndefined();
    },
  },
  {
    name: 'gives back on disposal what was not acknowledged',
    async run({ store }) {
      await putAll(store, ['1', '2', '3']);
      const lease = await store.lease({ ...QUERY, limitMessages: 2 });
      await lease?.acknowledge(lease.messages.slice(0, 1).map((queued) => queued.id));
      await lease?.[Symbol.asyncDispose]();
      await lease?.[Symbol.asyncDispose]();
      expect(leased(await store.lease({ ...QUERY, limitMessages: 2 }))).toEqual(['2', '3']);
    },
  },
  {
    name: 'gives back when the time of a lease is over; a late verdict still counts',
    async run({ store, clock }) {
      await putAll(store, ['1', '2']);
      const slow = await store.lease(QUERY);
      clock.advance(1000);
      const next = await store.lease(QUERY);
      expect(leased(next)).toEqual(['1']);
      await slow?.[Symbol.asyncDispose]();
      expect(await store.lease(QUERY), 'the late disposal must not end the lease of the next').toBeUndefined();
      await slow?.acknowledge();
      expect(await contents(store)).toEqual(['2']);
    },
  },
  {
    name: 'forgets leases, but no message, over a restart',
    async run(fixture) {
      await putAll(fixture.store, ['1']);
      await fixture.store.lease(QUERY);
      await fixture.reopen();
      expect(leased(await fixture.store.lease(QUERY))).toEqual(['1']);
    },
  },
  {
    name: 'takes the verdict on a message whose queue was moved meanwhile',
    async run({ store }) {
      await putAll(store, ['1']);
      const lease = await store.lease(QUERY);
      await store.transact([{ kind: 'move', from: ALICE, to: BOB }]);
      await lease?.acknowledge();
      expect(await contents(store, BOB)).toEqual([]);
    },
  },
];
