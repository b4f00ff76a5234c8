import { expect } from 'vitest';
import { ALICE, contents, message, putAll } from './helpers.js';
import type { StoreCase } from './store-case.js';

const RETENTION_MS = 1_000_000;
const YEAR_2038_MS = 2 ** 31 * 1000;

export const ageCases: readonly StoreCase[] = [
  {
    name: 'lets a message go after its own expires_time on a trusted clock, and says so',
    async run({ store, clock }) {
      const { id } = await store.put(message('short-lived', { expiresAtMs: clock.nowMs() + 5000 }));
      await putAll(store, ['stays']);
      clock.advance(4999);
      expect(await store.expire()).toEqual([]);
      clock.advance(1);
      expect(await store.expire()).toEqual([{ id, destination: ALICE, reason: 'expired' }]);
      expect(await contents(store)).toEqual(['stays']);
      expect(await store.why(id)).toMatchObject({ state: 'left', reason: 'expired' });
    },
  },
  {
    name: 'expires nothing on a clock that is not trusted, whatever it says',
    async run({ store, clock }) {
      await store.put(message('mail', { expiresAtMs: clock.nowMs() + 5000 }));
      for (const quality of ['none', 'restored', 'peer'] as const) {
        clock.setWall(YEAR_2038_MS, quality);
        expect(await store.expire()).toEqual([]);
      }
      clock.setWall(YEAR_2038_MS, 'gnss');
      expect(await store.expire()).toHaveLength(1);
    },
  },
  {
    name: 'lets a message go after the retention, by age, without any wall clock',
    async run({ store, clock }) {
      clock.setWall(0, 'none');
      const { id } = await store.put(message('old'));
      clock.advance(RETENTION_MS - 10);
      await putAll(store, ['young']);
      clock.advance(10);
      expect(await store.expire()).toEqual([]);
      clock.advance(1);
      expect(await store.expire()).toEqual([{ id, destination: ALICE, reason: 'retention' }]);
      expect(await contents(store)).toEqual(['young']);
    },
  },
  {
    name: 'does not age by jumps of the wall clock within a boot',
    async run({ store, clock }) {
      await putAll(store, ['mail']);
      clock.setWall(YEAR_2038_MS, 'ntp');
      expect(await store.expire()).toEqual([]);
      expect((await store.status(ALICE)).oldestAgeMs).toBe(0);
    },
  },
  {
    name: 'goes on ageing over a restart of the process',
    async run(fixture) {
      await putAll(fixture.store, ['mail']);
      fixture.clock.advance(1000);
      await fixture.reopen();
      fixture.clock.advance(500);
      expect((await fixture.store.status(ALICE)).oldestAgeMs).toBe(1500);
    },
  },
  {
    name: 'counts time without power only when a trusted clock proves it',
    async run(fixture) {
      const { clock } = fixture;
      const putAtMs = clock.nowMs();
      await putAll(fixture.store, ['mail']);
      clock.advance(1000);
      await fixture.store.expire();
      await fixture.reopen(() => clock.powerCycle('boot-2', 0, 'none'));
      clock.advance(10);
      const unproven = (await fixture.store.status(ALICE)).oldestAgeMs ?? Number.NaN;
      expect(unproven).toBe(1010);
      clock.setWall(putAtMs + 2 * RETENTION_MS, 'ntp');
      expect((await fixture.store.status(ALICE)).oldestAgeMs).toBe(2 * RETENTION_MS);
      expect(await fixture.store.expire()).toMatchObject([{ reason: 'retention' }]);
    },
  },
  {
    name: 'never lets age run backwards',
    async run(fixture) {
      const { clock } = fixture;
      await putAll(fixture.store, ['mail']);
      clock.advance(5000);
      await fixture.reopen(() => clock.powerCycle('boot-2', 1, 'ntp'));
      const ageMs = (await fixture.store.status(ALICE)).oldestAgeMs;
      expect(ageMs).toBe(5000);
      clock.setWall(0, 'gnss');
      expect((await fixture.store.status(ALICE)).oldestAgeMs).toBe(ageMs);
    },
  },
  {
    name: 'expires at most as many as asked, and the rest the next time',
    async run({ store, clock }) {
      await putAll(store, ['1', '2', '3'], { expiresAtMs: clock.nowMs() });
      expect(await store.expire(2)).toHaveLength(2);
      expect(await store.expire(2)).toHaveLength(1);
      expect(await store.expire(2)).toHaveLength(0);
    },
  },
];
