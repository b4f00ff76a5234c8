import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isWaypostError } from '../../src/core/errors.js';
import type { MessageStore, Operation } from '../../src/store/message-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { memoryFixture } from '../support/store-fixtures.js';
import type { OpenFixture } from './message-store/store-case.js';
import { messageStoreCases } from './message-store.js';

/*
 * Stores that are broken in one way each. A suite that one of them passes would prove nothing, so each names the case
 * that must catch it.
 */

/** The store with some methods replaced; private state stays with the original. */
function broken(change: (store: MessageStore) => Partial<MessageStore>): OpenFixture {
  const wrap = (store: MessageStore) => {
    const replaced = change(store);
    return new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return memoryFixture({ wrap });
}

class CredulousClock extends ManualClock {
  override quality(): 'ntp' {
    return 'ntp';
  }
}

const doubles: Readonly<Record<string, { readonly open: OpenFixture; readonly caughtBy: string }>> = {
  'forgets everything over a restart': {
    open: memoryFixture({ forgets: true }),
    caughtBy: 'keeps messages, ids and order over a restart',
  },
  'drops every third message that it says to have stored': {
    open: broken((store) => {
      let count = 0;
      return {
        async put(message) {
          const result = await store.put(message);
          if (++count % 3 === 0) await store.purge(message.destination, [result.id]);
          return result;
        },
      };
    }),
    caughtBy: 'keeps the order of puts that do not wait for each other',
  },
  'lists the newest first': {
    open: broken((store) => ({ list: async (query) => [...(await store.list(query))].reverse() })),
    caughtBy: 'keeps order within a priority and lets higher priorities pass',
  },
  'deletes what it lists': {
    open: broken((store) => ({
      async list(query) {
        const listed = await store.list(query);
        await store.acknowledge(
          listed.map((message) => message.id),
          query.destinations,
        );
        return listed;
      },
    })),
    caughtBy: 'deletes only by acknowledgement, and each message once',
  },
  "keeps the caller's buffer instead of a copy": {
    open: broken((store) => ({
      async put(message) {
        await Promise.resolve();
        return store.put(message);
      },
    })),
    caughtBy: 'copies what it is given before put returns',
  },
  'lets anybody acknowledge': {
    open: broken((store) => ({
      async acknowledge(ids) {
        const [count] = await store.transact([{ kind: 'acknowledge', ids, destinations: 'any' }]);
        return count;
      },
    })),
    caughtBy: 'does not let anybody acknowledge what is not theirs',
  },
  'stores the same content as often as it comes': {
    open: broken((store) => ({
      put: (message) => store.put({ ...message, contentHash: randomBytes(32) }),
    })),
    caughtBy: 'stores the same content for the same destination once',
  },
  'delivers again what was acknowledged': {
    open: broken((store) => ({ acknowledge: async (ids, [destination = '']) => store.purge(destination, ids) })),
    caughtBy: 'does not take again what was acknowledged, also after a restart',
  },
  'gives up the oldest message when it is full': {
    open: broken((store) => ({
      async put(message) {
        try {
          return await store.put(message);
        } catch (error) {
          if (!isWaypostError(error, 'ERR_STORE_FULL')) throw error;
          const [oldest] = await store.destinations({ limit: 1 });
          await store.purge(oldest?.destination ?? '');
          return store.put(message);
        }
      },
    })),
    caughtBy: 'refuses when it is full and gives nothing up for it',
  },
  'believes every clock': {
    open: memoryFixture({ clock: () => new CredulousClock() }),
    caughtBy: 'expires nothing on a clock that is not trusted, whatever it says',
  },
  'leases one queue to several': {
    open: broken((store) => ({
      async lease({ destinations, limitMessages = 1 }) {
        const messages = await store.list({ destinations, limitMessages });
        const destination = messages[0]?.destination;
        if (destination === undefined) return undefined;
        const acknowledge = async () => {};
        return { destination, messages, acknowledge, [Symbol.asyncDispose]: acknowledge };
      },
    })),
    caughtBy: 'leases a queue to one at a time, whose order nobody overtakes',
  },
  'stops half-way through a transaction': {
    open: broken((store) => ({
      // Each operation alone: those before the one that fails stay done. The type of the results is not the point here.
      transact: (async (operations: readonly Operation[]) => {
        const results: unknown[] = [];
        for (const operation of operations) results.push(...(await store.transact([operation])));
        return results;
      }) as MessageStore['transact'],
    })),
    caughtBy: 'does all operations of a transaction or none',
  },
};

async function failure(open: OpenFixture, name: string): Promise<unknown> {
  const storeCase = messageStoreCases.find((candidate) => candidate.name === name);
  if (!storeCase) throw new Error(`there is no case "${name}"`);
  const fixture = await open();
  try {
    await storeCase.run(fixture);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await fixture.dispose();
  }
}

describe('the suite for message stores fails a store that', () => {
  for (const [flaw, { open, caughtBy }] of Object.entries(doubles)) {
    it(flaw, async () => {
      expect(await failure(memoryFixture(), caughtBy), 'the case passes without the flaw').toBeUndefined();
      expect(await failure(open, caughtBy)).toMatchObject({ name: 'AssertionError' });
    });
  }
});
