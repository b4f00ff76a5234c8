import { expect } from 'vitest';
import type { Priority } from '../../../src/store/message-store.js';
import { ALICE, BOB, CAROL, contents, expectRefusal, message, putAll } from './helpers.js';
import type { StoreCase } from './store-case.js';

/** Puts as many as `count` messages of 100 bytes, each from another depositor and for one of a few destinations. */
async function fill(put: (text: string, i: number) => Promise<unknown>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(`message ${i}`.padEnd(100), i);
}

export const quotaCases: readonly StoreCase[] = [
  {
    name: 'refuses when it is full and gives nothing up for it',
    async run(fixture) {
      const { store } = fixture;
      const put = (text: string, i: number, priority: Priority = 'normal') =>
        store.put(message(text, { destination: i % 2 ? ALICE : BOB, depositor: `depositor ${i}`, priority }));
      await fill(put, 10);
      const before = [await contents(store, ALICE), await contents(store, BOB)];
      await expectRefusal(put('one more', 10), 'ERR_STORE_FULL', true);
      await expectRefusal(put('one more', 11, 'bulk'), 'ERR_STORE_FULL', true);
      expect([await contents(store, ALICE), await contents(store, BOB)]).toEqual(before);
      const [oldest] = await store.list({ destinations: [ALICE], limitMessages: 1 });
      await fixture.reopen();
      await expectRefusal(fixture.store.put(message('one more', { destination: CAROL })), 'ERR_STORE_FULL', true);
      await fixture.store.acknowledge([oldest?.id ?? ''], [ALICE]);
      expect(await fixture.store.put(message('one more', { destination: CAROL }))).toMatchObject({ outcome: 'stored' });
    },
  },
  {
    name: 'keeps its reserved headroom for expedited messages',
    async run({ store }) {
      const put = (text: string, i: number, priority: Priority = 'normal') =>
        store.put(message(text, { destination: i % 2 ? ALICE : BOB, depositor: `depositor ${i}`, priority }));
      await fill(put, 10);
      await put('urgent 1', 10, 'expedited');
      await put('urgent 2', 11, 'expedited');
      await expectRefusal(put('urgent 3', 12, 'expedited'), 'ERR_STORE_FULL', true);
    },
  },
  {
    name: 'limits the messages and bytes of one recipient',
    async run(fixture) {
      const put = (text: string, i: number) => fixture.store.put(message(text, { depositor: `depositor ${i}` }));
      await fill(put, 8);
      await expectRefusal(put('one more', 8), 'ERR_QUOTA_RECIPIENT', true);
      await fixture.reopen();
      await expectRefusal(put('one more', 8), 'ERR_QUOTA_RECIPIENT', true);
      await fixture.store.purge(ALICE);
      const big = (i: number) => message(`${i}`.padEnd(1900), { destination: BOB, depositor: `depositor ${i}` });
      await fixture.store.put(big(0));
      await fixture.store.put(big(1));
      await expectRefusal(fixture.store.put(big(2)), 'ERR_QUOTA_RECIPIENT', true);
    },
  },
  {
    name: 'limits the messages and bytes of one depositor',
    async run(fixture) {
      const put = (text: string, i: number) => fixture.store.put(message(text, { destination: i % 2 ? ALICE : BOB }));
      await fill(put, 9);
      await expectRefusal(put('one more', 9), 'ERR_QUOTA_DEPOSITOR', true);
      await fixture.reopen();
      await expectRefusal(put('one more', 9), 'ERR_QUOTA_DEPOSITOR', true);
      const elsewhere = message('from somebody else', { depositor: 'another' });
      expect(await fixture.store.put(elsewhere)).toMatchObject({ outcome: 'stored' });
    },
  },
  {
    name: 'gives quotas back when messages leave',
    async run({ store }) {
      for (let round = 0; round < 4; round++) {
        const texts = Array.from({ length: 8 }, (_, i) => `round ${round} message ${i}`);
        const ids = await putAll(store, texts);
        if (round % 2) await store.purge(ALICE);
        else await store.acknowledge(ids, [ALICE]);
      }
      expect(await store.size()).toMatchObject({ messages: 0, bytes: 0 });
    },
  },
  {
    name: 'says duplicate, not full, for what it has',
    async run({ store }) {
      const put = (text: string, i: number) => store.put(message(text, { depositor: `depositor ${i}` }));
      await fill(put, 8);
      expect(await put('message 3'.padEnd(100), 3)).toMatchObject({ outcome: 'duplicate' });
    },
  },
  {
    name: 'refuses for good what is malformed or too large',
    async run({ store }) {
      const attempts = [message('x'.repeat(2001)), message('metadata', { metadata: new Uint8Array(101) })];
      for (const attempt of attempts) await expectRefusal(store.put(attempt), 'ERR_TOO_LARGE', false);
      const malformed = [
        message('no destination', { destination: '' }),
        message('control character', { destination: 'did:example:\n' }),
        message('long', { destination: `did:example:${'x'.repeat(4096)}` }),
        message('no depositor', { depositor: '' }),
        message('short hash', { contentHash: new Uint8Array(20) }),
        message('fraction', { expiresAtMs: 0.5 }),
      ];
      for (const attempt of malformed) await expectRefusal(store.put(attempt), 'ERR_INVALID_ARGUMENT', false);
      expect(await store.size()).toMatchObject({ messages: 0 });
    },
  },
];
