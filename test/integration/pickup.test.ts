import { describe, expect, test } from 'vitest';
import type { MessageStore } from '../../src/store/message-store.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { Agent, acknowledge, countFor, enrol, fetchFor, PICKUP3, PICKUP4, textsOf } from '../support/agent.js';
import { newIdentity, openStation, type Station } from '../support/station.js';

async function leave(station: Station, count: number, recipient: string): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await station.posts.post(await new Agent().packForward(`${i}`, recipient, station.did));
  }
}

describe('message pickup 3.0', () => {
  test('the status counts messages, bytes and how long they have waited, in seconds', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 1, bob.did);
    station.clock.advance(90_000);
    await leave(station, 1, bob.did);
    const { body } = await bob.ask(station, { type: `${PICKUP3}/status-request` });
    const now = Math.floor(station.clock.nowMs() / 1000);
    expect(body).toMatchObject({ message_count: 2, longest_waited_seconds: 90, live_delivery: false });
    expect(body).toMatchObject({ oldest_received_time: now - 90, newest_received_time: now });
    expect(body?.total_bytes).toBeGreaterThan(2000);
    expect(body).not.toHaveProperty('recipient_did');
  });

  test('no point in time is given by a clock that is not trusted', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 1, bob.did);
    station.clock.setWall(0, 'none');
    const { body, created_time } = await bob.ask(station, { type: `${PICKUP3}/status-request` });
    expect(body).toMatchObject({ message_count: 1, longest_waited_seconds: 0 });
    expect([body?.oldest_received_time, body?.newest_received_time, created_time]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a delivery holds at most what was asked for, in order, and is in the thread of its request', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 3, bob.did);
    const delivery = await bob.ask(station, { id: 'd1', type: `${PICKUP3}/delivery-request`, body: { limit: 2 } });
    expect(delivery).toMatchObject({ type: `${PICKUP3}/delivery`, thid: 'd1' });
    expect(delivery.attachments).toHaveLength(2);
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['1', '2', '3']);
  });

  test('an empty queue is answered with a status', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const answer = await bob.ask(station, { type: `${PICKUP3}/delivery-request`, body: { limit: 2 } });
    expect(answer).toMatchObject({ type: `${PICKUP3}/status`, body: { message_count: 0 } });
  });

  test('a filter by recipient is honoured and echoed, and one for a stranger finds nothing', async () => {
    await using station = await openStation();
    const [bob, other] = [new Agent(), newIdentity().did];
    await enrol(bob, station, [bob.did, other]);
    await leave(station, 2, bob.did);
    await leave(station, 1, other);
    const { body } = await bob.ask(station, { type: `${PICKUP3}/status-request`, body: { recipient_did: other } });
    expect(body).toMatchObject({ message_count: 1, recipient_did: other });
    expect(await fetchFor(bob, station, { limit: 10, recipient_key: `${other}#key-1` })).toHaveLength(1);
    expect(await countFor(bob, station, newIdentity().did)).toBe(0);
    expect(await countFor(bob, station)).toBe(3);
  });

  test('nothing is deleted before its acknowledgement, and the answer to that is a status', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 2, bob.did);
    const [first] = await fetchFor(bob, station);
    expect(await fetchFor(bob, station)).toHaveLength(2);
    const ids = { message_id_list: [first?.id, 'unknown'] };
    const answer = await bob.ask(station, { type: `${PICKUP3}/messages-received`, body: ids });
    expect(answer).toMatchObject({ type: `${PICKUP3}/status`, body: { message_count: 1 } });
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['2']);
  });

  test('live mode over a connection that cannot is a problem, and a missing limit is not', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 1, bob.did);
    const live = { type: `${PICKUP3}/live-delivery-change`, body: { live_delivery: true } };
    expect(await bob.ask(station, { id: 'live', ...live })).toMatchObject({
      type: 'https://didcomm.org/report-problem/2.0/problem-report',
      pthid: 'live',
      body: { code: 'e.m.live-mode-not-supported' },
    });
    expect(await fetchFor(bob, station, {})).toHaveLength(1);
  });
});

describe('message pickup 4.0', () => {
  test('an empty queue is answered with an empty delivery, in the thread', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const request = { type: `${PICKUP4}/delivery-request`, body: { message_count_limit: 1 } };
    const answer = await bob.ask(station, { id: 'd', ...request });
    expect(answer).toMatchObject({ type: `${PICKUP4}/delivery`, thid: 'd', attachments: [] });
    await leave(station, 2, bob.did);
    expect((await bob.ask(station, request)).attachments).toHaveLength(1);
  });

  test('times are in milliseconds and how long is not said', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 1, bob.did);
    station.clock.advance(1234);
    const { body } = await bob.ask(station, { type: `${PICKUP4}/status-request` });
    const received = station.clock.nowMs() - 1234;
    expect(body).toMatchObject({ oldest_received_time: received, newest_received_time: received });
    expect(body).not.toHaveProperty('longest_waited_seconds');
  });

  test('messages-received is accepted and not answered', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 1, bob.did);
    const [item] = await fetchFor(bob, station);
    const body = { message_id_list: [item?.id] };
    const posted = await bob.post(station, { type: `${PICKUP4}/messages-received`, return_route: 'all', body });
    expect(posted).toMatchObject({ outcome: 'accepted', reply: undefined });
    expect(await countFor(bob, station)).toBe(0);
  });

  test('its own problem report says that live mode is not possible', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const answer = await bob.ask(station, { type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    expect(answer).toMatchObject({
      type: `${PICKUP4}/problem-report`,
      body: { code: 'e.m.live-mode-not-supported' },
    });
  });
});

describe('live mode', () => {
  const goLive = { type: `${PICKUP3}/live-delivery-change`, body: { live_delivery: true } };
  const ids = (messages: readonly { attachments?: readonly { id?: string }[] }[]) =>
    messages.flatMap(({ attachments = [] }) => attachments.map(({ id }) => id ?? ''));

  test('the answer comes first, then the backlog in order, then what comes', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 12, bob.did);
    const line = await bob.connect(station);
    await line.send(goLive);
    await expect.poll(() => ids(line.received('delivery')).length).toBe(12);
    expect(line.inbox[0]).toMatchObject({ type: `${PICKUP3}/status`, body: { live_delivery: true } });
    await leave(station, 1, bob.did);
    await expect.poll(() => ids(line.received('delivery')).length).toBe(13);
    expect(new Set(ids(line.received('delivery'))).size).toBe(13);
    expect(ids(line.received('delivery'))).toEqual((await fetchFor(bob, station, { limit: 20 })).map(({ id }) => id));
    await line.close();
  });

  test('is off until it is turned on, off again when it is turned off, and off after a reconnect', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send({ type: `${PICKUP3}/status-request` });
    await leave(station, 1, bob.did);
    expect(line.received('delivery')).toHaveLength(0);
    await line.send(goLive);
    await expect.poll(() => line.received('delivery').length).toBe(1);
    await line.send({ ...goLive, body: { live_delivery: false } });
    await leave(station, 1, bob.did);
    await line.send({ type: `${PICKUP3}/status-request` });
    await expect
      .poll(() => line.received('status').at(-1)?.body)
      .toMatchObject({ message_count: 2, live_delivery: false });
    expect(line.received('delivery')).toHaveLength(1);
    await line.close();
    const again = await bob.connect(station);
    await again.send({ type: `${PICKUP3}/status-request` });
    await expect
      .poll(() => again.received('status')[0]?.body)
      .toMatchObject({ message_count: 2, live_delivery: false });
    expect(again.received('delivery')).toHaveLength(0);
    await again.close();
  });

  test('without acknowledgements it stops at the window, and goes on after one over another connection', async () => {
    const live = { batchMessages: 2, batchBytes: 1_000_000, windowMessages: 4 };
    await using station = await openStation({ limits: { live } });
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 6, bob.did);
    const line = await bob.connect(station);
    await line.send(goLive);
    await expect.poll(() => ids(line.received('delivery')).length).toBe(4);
    await acknowledge(bob, station, ids(line.received('delivery')).slice(0, 2));
    await expect.poll(() => ids(line.received('delivery')).length).toBe(6);
    await line.close();
  });

  test('a recipient that is registered later is part of it', async () => {
    await using station = await openStation();
    const [bob, connection] = [new Agent(), newIdentity().did];
    await enrol(bob, station, []);
    const line = await bob.connect(station);
    await line.send(goLive);
    await enrol(bob, station, [connection]);
    await leave(station, 1, connection);
    await expect.poll(() => line.received('delivery').length).toBe(1);
    await line.close();
  });

  test('the gateway knows who is live', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send(goLive);
    await expect.poll(async () => (await station.gateway.status()).live).toBe(1);
    expect(station.gateway.peers().some(({ dids }) => dids.length === 1)).toBe(true);
    await line.close();
    await expect.poll(async () => (await station.gateway.status()).live).toBe(0);
  });

  test('is not for somebody who has no mailbox here', async () => {
    await using station = await openStation();
    const line = await new Agent().connect(station);
    await expect(line.send(goLive)).rejects.toMatchObject({ cause: { code: 'ERR_NOT_ALLOWED' } });
    await line.close();
  });
});

describe('a connection that cannot carry a message', () => {
  test('leaves it queued in live mode, and the others pass it', async () => {
    const memory = createMemoryTransport({ maxMessageBytes: 20_000 });
    await using station = await openStation({ memory });
    const bob = new Agent();
    await enrol(bob, station);
    for (const text of ['small', 'x'.repeat(20_000), 'last']) {
      await station.posts.post(await new Agent().packForward(text, bob.did, station.did));
    }
    const line = await bob.connect(station);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    await expect.poll(() => line.received('delivery').length).toBe(2);
    expect(await countFor(bob, station)).toBe(3);
    await line.close();
  });
});

describe('a live feed that fails', () => {
  test('closes its connection, so that the recipient comes again', async () => {
    let isBroken = false;
    const wrapStore = (store: MessageStore): MessageStore =>
      new Proxy(store, {
        get(target, name) {
          if (name === 'list' && isBroken) return async () => Promise.reject(new Error('broken'));
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    await using station = await openStation({ wrapStore });
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    isBroken = true;
    await leave(station, 1, bob.did);
    await expect(async () => line.send({ type: `${PICKUP4}/status-request` })).rejects.toMatchObject({
      code: 'ERR_CHANNEL_CLOSED',
    });
  });
});
