import { expect } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import { ALICE, BOB, CAROL, contents, expectRefusal, message, putAll } from './helpers.js';
import type { StoreCase } from './store-case.js';

export const queueCases: readonly StoreCase[] = [
  {
    name: 'gives back what was put, with everything that belongs to it',
    async run({ store, clock }) {
      const expiresAtMs = clock.nowMs() + 60_000;
      const put = await store.put(message('hello', { priority: 'bulk', expiresAtMs, metadata: utf8('of the caller') }));
      clock.advance(5000);
      expect(put.outcome).toBe('stored');
      expect(await store.list({ destinations: [ALICE], limitMessages: 10 })).toEqual([
        {
          id: put.id,
          destination: ALICE,
          priority: 'bulk',
          content: utf8('hello'),
          metadata: utf8('of the caller'),
          ageMs: 5000,
          expiresAtMs,
        },
      ]);
    },
  },
  {
    name: 'keeps messages, ids and order over a restart',
    async run(fixture) {
      const ids = await putAll(fixture.store, ['1', '2', '3']);
      await fixture.reopen();
      const listed = await fixture.store.list({ destinations: [ALICE], limitMessages: 10 });
      expect(listed.map((queued) => [queued.id, fromUtf8(queued.content)])).toEqual([
        [ids[0], '1'],
        [ids[1], '2'],
        [ids[2], '3'],
      ]);
    },
  },
  {
    name: 'keeps order within a priority and lets higher priorities pass',
    async run({ store }) {
      await putAll(store, ['b1'], { priority: 'bulk' });
      await putAll(store, ['n1', 'n2']);
      await putAll(store, ['e1', 'e2'], { priority: 'expedited' });
      await putAll(store, ['n3']);
      expect(await contents(store)).toEqual(['e1', 'e2', 'n1', 'n2', 'n3', 'b1']);
    },
  },
  {
    name: 'keeps the order of puts that do not wait for each other',
    async run({ store }) {
      const texts = ['1', '2', '3', '4', '5', '6', '7', '8'];
      await Promise.all(texts.map((text) => store.put(message(text))));
      expect(await contents(store)).toEqual(texts);
    },
  },
  {
    name: 'copies what it is given before put returns',
    async run({ store }) {
      const mine = message('original', { metadata: utf8('meta') });
      const storing = store.put(mine);
      mine.content.fill(0);
      mine.contentHash.fill(0);
      mine.metadata?.fill(0);
      await storing;
      expect(await contents(store)).toEqual(['original']);
      expect(await store.put(message('original'))).toMatchObject({ outcome: 'duplicate' });
    },
  },
  {
    name: 'gives away copies: what a caller does to a listed message changes nothing',
    async run({ store }) {
      await putAll(store, ['original']);
      const [listed] = await store.list({ destinations: [ALICE], limitMessages: 1 });
      listed?.content.fill(0);
      expect(await contents(store)).toEqual(['original']);
    },
  },
  {
    name: 'lists destination by destination, within its limits of messages and bytes',
    async run({ store }) {
      await putAll(store, ['aaaa', 'bbbb', 'cccc']);
      await putAll(store, ['dddd'], { destination: BOB });
      const list = async (limitMessages: number, limitBytes?: number) => {
        const query = { destinations: [BOB, CAROL, ALICE, BOB], limitMessages };
        const listed = await store.list(limitBytes ? { ...query, limitBytes } : query);
        return listed.map((queued) => fromUtf8(queued.content));
      };
      expect(await list(10)).toEqual(['dddd', 'aaaa', 'bbbb', 'cccc']);
      expect(await list(2)).toEqual(['dddd', 'aaaa']);
      expect(await list(10, 11)).toEqual(['dddd', 'aaaa']);
      expect(await list(10, 1), 'a message larger than the limit comes alone').toEqual(['dddd']);
    },
  },
  {
    name: 'continues a listing behind a message, also when that is gone',
    async run({ store }) {
      await putAll(store, ['n1', 'n2', 'n3']);
      await putAll(store, ['e1'], { priority: 'expedited' });
      const [, first] = await store.list({ destinations: [ALICE], limitMessages: 2 });
      const after = first?.id ?? '';
      await store.acknowledge([after], [ALICE]);
      const rest = await store.list({ destinations: [ALICE], limitMessages: 10, after });
      expect(rest.map((queued) => fromUtf8(queued.content))).toEqual(['n2', 'n3']);
      const both = store.list({ destinations: [ALICE, BOB], limitMessages: 10, after });
      await expectRefusal(both, 'ERR_INVALID_ARGUMENT', false);
    },
  },
  {
    name: 'deletes only by acknowledgement, and each message once',
    async run({ store }) {
      const [first = '', second = ''] = await putAll(store, ['1', '2']);
      await store.list({ destinations: [ALICE], limitMessages: 10 });
      expect(await contents(store)).toEqual(['1', '2']);
      expect(await store.acknowledge([first, first, 'unknown'], [ALICE])).toBe(1);
      expect(await store.acknowledge([first], [ALICE])).toBe(0);
      expect(await contents(store)).toEqual(['2']);
      expect(await store.acknowledge([second], [BOB, ALICE])).toBe(1);
    },
  },
  {
    name: 'does not let anybody acknowledge what is not theirs',
    async run({ store }) {
      const [id = ''] = await putAll(store, ['for alice']);
      await putAll(store, ['for bob'], { destination: BOB });
      expect(await store.acknowledge([id], [BOB])).toBe(0);
      expect(await store.acknowledge([id], [])).toBe(0);
      expect(await store.acknowledge([id], [CAROL])).toBe(0);
      expect(await contents(store)).toEqual(['for alice']);
    },
  },
  {
    name: 'stores the same content for the same destination once',
    async run(fixture) {
      const first = await fixture.store.put(message('twice'));
      expect(await fixture.store.put(message('twice', { depositor: 'somebody else' }))).toEqual({
        outcome: 'duplicate',
        id: first.id,
      });
      expect(await fixture.store.put(message('twice', { destination: BOB }))).toMatchObject({ outcome: 'stored' });
      await fixture.reopen();
      expect(await fixture.store.put(message('twice'))).toEqual({ outcome: 'duplicate', id: first.id });
      expect(await contents(fixture.store)).toEqual(['twice']);
    },
  },
  {
    name: 'does not take again what was acknowledged, also after a restart',
    async run(fixture) {
      const { id } = await fixture.store.put(message('delivered'));
      await fixture.store.acknowledge([id], [ALICE]);
      expect(await fixture.store.put(message('delivered'))).toEqual({ outcome: 'duplicate', id });
      await fixture.reopen();
      expect(await fixture.store.put(message('delivered'))).toEqual({ outcome: 'duplicate', id });
      expect(await contents(fixture.store)).toEqual([]);
    },
  },
  {
    name: 'takes again what left without having been delivered',
    async run({ store }) {
      const { id } = await store.put(message('purged'));
      await store.purge(ALICE, [id]);
      expect(await store.put(message('purged'))).toMatchObject({ outcome: 'stored' });
    },
  },
  {
    name: 'thins the messages that it is told, of that destination only, and says so afterwards',
    async run(fixture) {
      const { store } = fixture;
      const [first = '', second = ''] = await putAll(store, ['first', 'second']);
      const [ofBob] = await store.transact([{ kind: 'thin', destination: BOB, ids: [first] }]);
      expect(ofBob).toBe(0);
      const [thinned] = await store.transact([{ kind: 'thin', destination: ALICE, ids: [first, 'never seen'] }]);
      expect(thinned).toBe(1);
      await fixture.reopen();
      expect(await fixture.store.why(first)).toMatchObject({ state: 'left', reason: 'thinned' });
      expect(await fixture.store.why(second)).toMatchObject({ state: 'queued' });
    },
  },
  {
    name: 'never gives an id twice, also not after everything left and a restart',
    async run(fixture) {
      const seen = new Set<string>();
      for (let round = 0; round < 3; round++) {
        const ids = await putAll(fixture.store, [`a${round}`, `b${round}`]);
        for (const id of ids) seen.add(id.slice(1, id.indexOf('.')));
        await fixture.store.acknowledge(ids, [ALICE]);
        await fixture.reopen();
      }
      expect(seen.size).toBe(6);
    },
  },
  {
    name: 'remembers why a message left, and forgets the oldest of those first',
    async run(fixture) {
      const { store, clock } = fixture;
      const [first = '', second = '', third = ''] = await putAll(store, ['1', '2', '3']);
      clock.advance(1000);
      expect(await store.why(first)).toEqual({ state: 'queued', destination: ALICE, ageMs: 1000 });
      await store.acknowledge([first], [ALICE]);
      expect(await store.purge(ALICE, [second])).toBe(1);
      expect(await store.purge(ALICE)).toBe(1);
      clock.advance(500);
      await fixture.reopen();
      const left = { state: 'left', destination: ALICE, agoMs: 500 };
      expect(await fixture.store.why(first)).toEqual({ ...left, reason: 'acknowledged' });
      expect(await fixture.store.why(second)).toEqual({ ...left, reason: 'purged' });
      expect(await fixture.store.why(third)).toEqual({ ...left, reason: 'purged' });
      expect(await fixture.store.why('never seen')).toBeUndefined();
      for (let i = 0; i < 18; i++) {
        await fixture.store.acknowledge(await putAll(fixture.store, [`more ${i}`]), [ALICE]);
      }
      expect(await fixture.store.why(first)).toBeUndefined();
      expect(await fixture.store.why(second)).toMatchObject({ reason: 'purged' });
    },
  },
  {
    name: 'counts per destination and in total',
    async run(fixture) {
      const { store, clock } = fixture;
      expect(await store.status(ALICE)).toEqual({
        destination: ALICE,
        messages: 0,
        bytes: 0,
        oldestAgeMs: undefined,
        newestAgeMs: undefined,
      });
      const ids = await putAll(store, ['1234'], { metadata: utf8('m') });
      clock.advance(1000);
      await putAll(store, ['12345678']);
      await putAll(store, ['12'], { destination: BOB });
      clock.advance(1000);
      const alice = { destination: ALICE, messages: 2, bytes: 13, oldestAgeMs: 2000, newestAgeMs: 1000 };
      const bob = { destination: BOB, messages: 1, bytes: 2, oldestAgeMs: 1000, newestAgeMs: 1000 };
      expect(await store.status(ALICE)).toEqual(alice);
      expect(await store.destinations({ limit: 10 })).toEqual([alice, bob]);
      expect(await store.destinations({ limit: 1 })).toEqual([alice]);
      expect(await store.destinations({ limit: 10, after: ALICE })).toEqual([bob]);
      expect(await store.size()).toEqual({ messages: 3, bytes: 15, limitMessages: 10, limitBytes: 9000 });
      await store.acknowledge(ids, [ALICE]);
      await fixture.reopen();
      expect(await fixture.store.size()).toMatchObject({ messages: 2, bytes: 10 });
    },
  },
  {
    name: 'moves a queue under another name, with ids, order and what was delivered before',
    async run(fixture) {
      const { store } = fixture;
      const ids = await putAll(store, ['1', '2', '3']);
      await store.acknowledge(ids.slice(0, 1), [ALICE]);
      expect(await store.transact([{ kind: 'move', from: ALICE, to: BOB }])).toEqual([2]);
      expect(await contents(store, ALICE)).toEqual([]);
      expect(await contents(store, BOB)).toEqual(['2', '3']);
      expect(await store.put(message('1', { destination: BOB }))).toMatchObject({ outcome: 'duplicate' });
      await fixture.reopen();
      expect(await fixture.store.acknowledge(ids, [BOB])).toBe(2);
      expect(await fixture.store.put(message('1'))).toMatchObject({ outcome: 'stored' });
    },
  },
  {
    name: 'joins two queues, keeps the order of arrival and holds what both had once',
    async run({ store }) {
      await putAll(store, ['a1']);
      await putAll(store, ['b1', 'both'], { destination: BOB });
      const ids = await putAll(store, ['both', 'a2']);
      expect(await store.transact([{ kind: 'move', from: ALICE, to: BOB }])).toEqual([2]);
      expect(await contents(store, BOB)).toEqual(['a1', 'b1', 'both', 'a2']);
      expect(await store.status(BOB)).toMatchObject({ messages: 4, bytes: 10 });
      expect(await store.status(ALICE)).toMatchObject({ messages: 0 });
      expect(await store.why(ids[0] ?? '')).toMatchObject({ state: 'left', reason: 'duplicate' });
      expect(await store.size()).toMatchObject({ messages: 4 });
    },
  },
  {
    name: 'refuses everything after it was closed, and closes twice without complaint',
    async run({ store }) {
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await expectRefusal(store.put(message('late')), 'ERR_STORE_CLOSED', false);
      await expectRefusal(store.status(ALICE), 'ERR_STORE_CLOSED', false);
    },
  },
];
