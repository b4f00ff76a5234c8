import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../src/core/errors.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import {
  Agent,
  acknowledge,
  countFor,
  enrol,
  fetchFor,
  type Line,
  PICKUP3,
  PICKUP4,
  textsOf,
} from '../support/agent.js';
import { newIdentity, openStation, type Station } from '../support/station.js';

const goLive = { type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } };
const DAY_MS = 24 * 60 * 60 * 1000;

async function leave(station: Station, text: string, recipient: string): Promise<string> {
  const packed = await new Agent().packForward(text, recipient, station.did);
  return (await station.posts.post(packed)).outcome;
}

function idsOn(line: Line): string[] {
  return line.received('delivery').flatMap(({ attachments = [] }) => attachments.map(({ id }) => id ?? ''));
}

/** The store with one method replaced. */
function withMethods(store: MessageStore, methods: Partial<MessageStore>): MessageStore {
  return new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(methods, name);
      const value = own ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(own === undefined ? target : methods) : value;
    },
  });
}

describe('1. live delivery', () => {
  test('a live push is not counted as delivered when it was written to the socket', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send(goLive);
    await leave(station, 'pushed', bob.did);
    await expect.poll(() => idsOn(line).length).toBe(1);
    expect(await countFor(bob, station)).toBe(1);
    await line.close();
    await station.restart();
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['pushed']);
  });

  test('a dead socket swallows nothing: the next connection gets it all', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const dead = await bob.connect(station);
    await dead.send(goLive);
    await dead.close();
    await leave(station, 'while dead', bob.did);
    const alive = await bob.connect(station);
    await alive.send(goLive);
    await expect.poll(() => idsOn(alive).length).toBe(1);
    await alive.close();
  });

  test('messages between connecting and turning live mode on are pushed when it is on', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await leave(station, 'in between', bob.did);
    await line.send(goLive);
    await expect.poll(() => idsOn(line).length).toBe(1);
    await line.close();
  });

  test('what was pushed and not acknowledged is pushed again after a reconnect, under the same id', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const first = await bob.connect(station);
    await first.send(goLive);
    await leave(station, 'again', bob.did);
    await expect.poll(() => idsOn(first).length).toBe(1);
    await first.close();
    const second = await bob.connect(station);
    await second.send(goLive);
    await expect.poll(() => idsOn(second)).toEqual(idsOn(first));
    await second.close();
  });

  test('nothing is accepted before it is stored', async () => {
    const gate = withResolvers<void>();
    let isGated = false;
    const wrapStore = (store: MessageStore): MessageStore =>
      withMethods(store, {
        transact: (async (operations: Parameters<MessageStore['transact']>[0]) => {
          if (isGated) await gate.promise;
          return store.transact(operations);
        }) as MessageStore['transact'],
      });
    await using station = await openStation({ wrapStore });
    const bob = new Agent();
    await enrol(bob, station);
    isGated = true;
    let outcome = 'none yet';
    const posted = leave(station, 'slow disk', bob.did).then((given) => {
      outcome = given;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(outcome).toBe('none yet');
    gate.resolve();
    await posted;
    expect(outcome).toBe('accepted');
  });

  test('what could not be stored is refused, with the reason', async () => {
    let isFull = false;
    const wrapStore = (store: MessageStore): MessageStore =>
      withMethods(store, {
        transact: (async (operations: Parameters<MessageStore['transact']>[0]) => {
          if (isFull) throw new WaypostError('ERR_STORE_FULL', 'no room', { retryable: true });
          return store.transact(operations);
        }) as MessageStore['transact'],
      });
    await using station = await openStation({ wrapStore });
    const bob = new Agent();
    await enrol(bob, station);
    isFull = true;
    expect(await leave(station, 'too much', bob.did)).toBe('ERR_STORE_FULL');
  });
});

describe('2. queues in memory, and phones that are elsewhere', () => {
  test('a restart loses no message', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'one', bob.did);
    await leave(station, 'two', bob.did);
    await station.restart();
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['one', 'two']);
  });

  test('a phone that is live on two connections gets each message on both, and one acknowledgement is enough', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const lines = [await bob.connect(station), await bob.connect(station)];
    for (const line of lines) await line.send(goLive);
    await leave(station, 'everywhere', bob.did);
    for (const line of lines) await expect.poll(() => idsOn(line).length).toBe(1);
    const [first, second] = lines;
    await second?.send({ type: `${PICKUP4}/messages-received`, body: { message_id_list: idsOn(first as Line) } });
    expect(await countFor(bob, station)).toBe(0);
    for (const line of lines) await line.close();
  });
});

describe('3. twice', () => {
  test('redelivery keeps the id, so that a client can tell', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'x', bob.did);
    const first = await fetchFor(bob, station);
    await station.restart();
    expect(await fetchFor(bob, station)).toEqual(first);
  });

  test('a sender that missed our answer and sends again does not deliver twice', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const forward = await new Agent().packForward('once', bob.did, station.did);
    await station.posts.post(forward);
    const delivered = await fetchFor(bob, station);
    await acknowledge(
      bob,
      station,
      delivered.map(({ id }) => id),
    );
    expect((await station.posts.post(forward)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(0);
  });

  test('a forward with several messages is stored as a whole or not at all', async () => {
    await using station = await openStation({ storeLimits: { perDestination: { messages: 2, bytes: 1_000_000 } } });
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const inner = await Promise.all(
      [1, 2, 3].map((i) => alice.pack({ type: 'https://x.example/a/1.0/b', id: `${i}` }, bob.did)),
    );
    const three = await alice.wrap(inner, bob.did, station.did);
    expect((await station.posts.post(three)).outcome).toBe('ERR_QUOTA_RECIPIENT');
    expect(await countFor(bob, station)).toBe(0);
    const two = await alice.wrap(inner.slice(1), bob.did, station.did);
    expect((await station.posts.post(two)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(2);
  });
});

describe('4. buffers, lifetimes and devices', () => {
  test('another configuration does not touch what is queued', async () => {
    const identities = [newIdentity('memory:station')] as const;
    const engineOf = await openStation({ identities });
    const bob = new Agent();
    await enrol(bob, engineOf);
    await leave(engineOf, 'kept', bob.did);
    await engineOf.gateway[Symbol.asyncDispose]();
    await using station = await openStation({
      identities,
      memory: createMemoryTransport(),
      admission: { kind: 'list', dids: [] },
      wrapStore: () => engineOf.store,
    });
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['kept']);
  });

  test('what is over its lifetime is deleted without anybody asking for it', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const inner = await alice.pack({ type: 'https://x.example/a/1.0/b' }, bob.did);
    const expires_time = Math.floor(station.clock.nowMs() / 1000) + 60;
    const forward = {
      id: 'f',
      type: 'https://didcomm.org/routing/2.0/forward',
      to: [station.did],
      expires_time,
      body: { next: bob.did },
      attachments: [{ data: { json: JSON.parse(inner) } }],
    };
    await station.posts.post(await alice.codec.pack(forward, undefined, station.did));
    const [queued] = await fetchFor(bob, station);
    await station.scheduler.advance(121_000);
    expect((await station.store.size()).messages).toBe(0);
    expect((await station.gateway.why(queued?.id ?? ''))?.fate).toMatchObject({ state: 'left', reason: 'expired' });
  });

  test('nothing expires while nobody knows what time it is', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'patient', bob.did);
    station.clock.setWall(Date.UTC(2038, 0, 1), 'none');
    await station.scheduler.advance(DAY_MS);
    expect(await countFor(bob, station)).toBe(1);
  });

  test('after the published retention it leaves, by age, with that reason', async () => {
    await using station = await openStation({
      storeLimits: { retentionMs: DAY_MS },
      limits: { expireEveryMs: DAY_MS },
    });
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'old', bob.did);
    const [queued] = await fetchFor(bob, station);
    await station.scheduler.advance(2 * DAY_MS + 1000);
    expect((await station.gateway.why(queued?.id ?? ''))?.fate).toMatchObject({ state: 'left', reason: 'retention' });
  });

  test('an outage whose length nobody knows uses up no lifetime, and one that is known does', async () => {
    await using station = await openStation({ storeLimits: { retentionMs: DAY_MS }, limits: { expireEveryMs: 1000 } });
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'before the outage', bob.did);
    const wallMs = station.clock.nowMs();
    await station.restart(() => station.clock.powerCycle('boot-2', wallMs + 10 * DAY_MS, 'restored'));
    await station.scheduler.advance(60_000);
    expect(await countFor(bob, station)).toBe(1);
    station.clock.setWall(wallMs + 10 * DAY_MS, 'ntp');
    await station.scheduler.advance(60_000);
    expect((await station.store.size()).messages).toBe(0);
  });

  test('accounts and registrations outlive a power cut', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await station.restart();
    expect(await leave(station, 'after', bob.did)).toBe('accepted');
    expect(await countFor(bob, station)).toBe(1);
  });
});

describe('5. a delivery status that lies', () => {
  test('pushed is not delivered, and acknowledged is', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send(goLive);
    await leave(station, 'x', bob.did);
    await expect.poll(() => idsOn(line).length).toBe(1);
    const [id = ''] = idsOn(line);
    expect((await station.gateway.why(id))?.fate.state).toBe('queued');
    await line.send({ type: `${PICKUP4}/messages-received`, body: { message_id_list: [id] } });
    expect((await station.gateway.why(id))?.fate).toMatchObject({ state: 'left', reason: 'acknowledged' });
    await line.close();
  });

  test('what is for somebody unknown is refused, never accepted and dropped', async () => {
    await using station = await openStation();
    expect(await leave(station, 'lost', new Agent().did)).toBe('ERR_NEXT_UNKNOWN');
  });

  test('what cannot be pushed stays queued and says why', async () => {
    await using station = await openStation();
    const bob = new Agent(newIdentity('memory:nobody-is-there'));
    await bob.post(station, { type: 'https://didcomm.org/trust-ping/2.0/ping' });
    await station.scheduler.advance(3000);
    const [queued] = await station.store.list({
      destinations: (await station.store.destinations({ limit: 10 })).map(({ destination }) => destination),
      limitMessages: 1,
    });
    const reason = await station.gateway.why(queued?.id ?? '');
    expect(reason).toMatchObject({
      fate: { state: 'queued' },
      progress: { state: 'waiting', lastError: { code: 'ERR_NETWORK' } },
    });
    expect(reason?.progress).toHaveProperty('nextTryInMs');
  });

  test('a shutdown refuses what it does not take', async () => {
    const station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    const closing = station[Symbol.asyncDispose]();
    await expect(line.send({ type: `${PICKUP3}/status-request` })).rejects.toBeInstanceOf(WaypostError);
    await closing;
  });
});
