import { expect } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import type { KeyValueOperation } from '../../../src/store/key-value.js';
import type { MessageStore } from '../../../src/store/message-store.js';
import { ALICE, BOB, contents, expectRefusal, message, putAll } from './helpers.js';
import type { StoreCase } from './store-case.js';

function set(space: string, key: string, value: string): KeyValueOperation {
  return { kind: 'set', space, key, value: utf8(value) };
}

async function value(store: MessageStore, space: string, key: string): Promise<string | undefined> {
  const bytes = await store.get(space, key);
  return bytes && fromUtf8(bytes);
}

async function keys(
  store: MessageStore,
  space: string,
  more: { prefix?: string; after?: string } = {},
): Promise<string[]> {
  return (await store.entries({ space, limit: 10, ...more })).map((entry) => entry.key);
}

export const entryCases: readonly StoreCase[] = [
  {
    name: 'keeps entries over a restart, and deletes them',
    async run(fixture) {
      await fixture.store.transact([set('accounts', 'a', '1'), set('accounts', 'b', '2'), set('accounts', 'a', '3')]);
      await fixture.reopen();
      expect(await value(fixture.store, 'accounts', 'a')).toBe('3');
      expect(await value(fixture.store, 'seen', 'a')).toBeUndefined();
      await fixture.store.transact([{ kind: 'delete', space: 'accounts', key: 'a' }]);
      expect(await keys(fixture.store, 'accounts')).toEqual(['b']);
    },
  },
  {
    name: 'lists entries by prefix and page',
    async run({ store }) {
      await store.transact(['c:2', 'a:1', 'c:1', 'd'].map((key) => set('accounts', key, key)));
      expect(await keys(store, 'accounts')).toEqual(['a:1', 'c:1', 'c:2', 'd']);
      expect(await keys(store, 'accounts', { prefix: 'c:' })).toEqual(['c:1', 'c:2']);
      expect(await keys(store, 'accounts', { prefix: 'c:', after: 'c:1' })).toEqual(['c:2']);
      expect(await store.entries({ space: 'accounts', limit: 1 })).toEqual([{ key: 'a:1', value: utf8('a:1') }]);
    },
  },
  {
    name: 'refuses or forgets when a space is full, as it was declared',
    async run(fixture) {
      await fixture.store.transact(['1', '2', '3', '4'].map((key) => set('accounts', key, key)));
      await expectRefusal(fixture.store.transact([set('accounts', '5', '5')]), 'ERR_STORE_FULL', true);
      await fixture.store.transact([set('accounts', '4', 'changed')]);
      for (const key of ['1', '2', '3', '1']) await fixture.store.transact([set('seen', key, key)]);
      await fixture.reopen();
      await expectRefusal(fixture.store.transact([set('accounts', '5', '5')]), 'ERR_STORE_FULL', true);
      await fixture.store.transact([set('seen', '4', '4')]);
      expect(await keys(fixture.store, 'seen'), 'the 2 was written longest ago').toEqual(['1', '3', '4']);
    },
  },
  {
    name: 'does all operations of a transaction or none',
    async run(fixture) {
      const { store } = fixture;
      const ids = await putAll(store, ['old']);
      await store.transact([set('accounts', 'a', 'before')]);
      const attempt = store.transact([
        { kind: 'put', message: message('new') },
        set('accounts', 'a', 'after'),
        set('seen', 'b', 'after'),
        { kind: 'acknowledge', ids, destinations: [ALICE] },
        { kind: 'move', from: ALICE, to: BOB },
        { kind: 'require', space: 'accounts', key: 'a', value: utf8('before') },
      ]);
      await expectRefusal(attempt, 'ERR_STORE_CONFLICT', true);
      for (let round = 0; round < 2; round++) {
        expect(await contents(fixture.store)).toEqual(['old']);
        expect(await contents(fixture.store, BOB)).toEqual([]);
        expect(await value(fixture.store, 'accounts', 'a')).toBe('before');
        expect(await keys(fixture.store, 'seen')).toEqual([]);
        expect(await fixture.store.size()).toMatchObject({ messages: 1, bytes: 3 });
        expect(await fixture.store.why(ids[0] ?? '')).toMatchObject({ state: 'queued' });
        await fixture.reopen();
      }
      expect(await fixture.store.put(message('new'))).toMatchObject({ outcome: 'stored' });
    },
  },
  {
    name: 'returns the results of a transaction in order, each operation seeing those before it',
    async run({ store }) {
      const ids = await putAll(store, ['1', '2']);
      const [required, acknowledged, put, again, moved] = await store.transact([
        { kind: 'require', space: 'accounts', key: 'a', value: undefined },
        { kind: 'acknowledge', ids, destinations: [ALICE] },
        { kind: 'put', message: message('3') },
        { kind: 'put', message: message('3') },
        { kind: 'move', from: ALICE, to: BOB },
      ]);
      expect([required, acknowledged, put.outcome, again.outcome, moved]).toEqual([
        undefined,
        2,
        'stored',
        'duplicate',
        1,
      ]);
    },
  },
  {
    name: 'lets only one of two who read the same value change it',
    async run({ store }) {
      const claim = (who: string) =>
        store.transact([
          { kind: 'require', space: 'accounts', key: 'alice', value: undefined },
          set('accounts', 'alice', who),
        ]);
      const attempts = await Promise.allSettled([claim('first'), claim('second'), claim('third')]);
      expect(attempts.map((attempt) => attempt.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect(await value(store, 'accounts', 'alice')).toBe('first');
    },
  },
  {
    name: 'refuses spaces that were not declared, bad keys and values that are too large',
    async run({ store }) {
      await expectRefusal(store.get('nowhere', 'a'), 'ERR_INVALID_ARGUMENT', false);
      await expectRefusal(store.transact([set('__proto__', 'a', '1')]), 'ERR_INVALID_ARGUMENT', false);
      await expectRefusal(store.transact([set('accounts', '', '1')]), 'ERR_INVALID_ARGUMENT', false);
      await expectRefusal(store.transact([set('accounts', 'a', 'x'.repeat(101))]), 'ERR_TOO_LARGE', false);
    },
  },
];
