import { describe, expect, test } from 'vitest';
import type { UpstreamOption } from '../../src/gateway/upstream/options.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { Agent, CM2, CM3, countFor, enrol, fetchFor, PICKUP3, textsOf } from '../support/agent.js';
import { type Behaviour, FakeMediator, oldFashioned, problem } from '../support/fake-mediator.js';
import { openStation } from '../support/station.js';
import { upstreamOf } from '../support/upstream-pair.js';

/** A station that is the client of a mediator with a behaviour of its own. */
async function openClientOf(behaviour: Behaviour, option: Partial<UpstreamOption> = {}) {
  const memory = createMemoryTransport();
  const mediator = new FakeMediator(behaviour);
  await mediator.listen(memory);
  const station = await openStation({ memory, upstreams: [{ did: mediator.did, ...option }] });
  const [alice, bob] = [new Agent(), new Agent()];
  await enrol(bob, station);
  return {
    mediator,
    station,
    bob,
    upstream: () => upstreamOf(station),
    async leave(id: string, text: string): Promise<void> {
      const draft = { type: 'https://didcomm.org/basicmessage/2.0/message', body: { content: text } };
      mediator.queue.set(id, await alice.pack(draft, bob.did));
    },
    [Symbol.asyncDispose]: () => station[Symbol.asyncDispose](),
  };
}

const POLL_MS = 60_000;

describe('a mediator that speaks mediation 2.0 and pickup 3.0 only', () => {
  test('is found out, served by polling, and not asked for what it does not know again', async () => {
    await using client = await openClientOf(oldFashioned);
    const { mediator, station, bob } = client;
    await expect.poll(client.upstream).toMatchObject({ state: 'polling', routingDids: [mediator.did] });
    await station.scheduler.advance(1000);
    await expect.poll(() => mediator.registered).toEqual(new Set([station.did, bob.did]));
    await client.leave('1', 'polled');
    await station.scheduler.advance(POLL_MS);
    await expect.poll(() => countFor(bob, station)).toBe(1);
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['polled']);
    expect(mediator.queue.size).toBe(0);
    expect(mediator.asked.filter(({ type }) => type.startsWith(CM3))).toHaveLength(1);
  });

  test('is no use to somebody who wants live mode and nothing else', async () => {
    await using client = await openClientOf(oldFashioned, { mode: 'live' });
    await expect.poll(client.upstream).toMatchObject({ state: 'away', lastError: { code: 'ERR_REFUSED' } });
  });

  test('that cannot list what is registered is told everything again, which it may be', async () => {
    await using client = await openClientOf((message, mediator) =>
      message.type.endsWith('/keylist-query') ? problem('e.p.msg.unsupported') : oldFashioned(message, mediator),
    );
    await expect.poll(client.upstream).toMatchObject({ state: 'polling', registered: 2 });
  });
});

describe('a mediator that delivers again what was acknowledged', () => {
  const forgetful: Behaviour = (message, mediator) =>
    message.type.endsWith('/messages-received')
      ? { type: `${PICKUP3}/status`, body: { message_count: mediator.queue.size } }
      : oldFashioned(message, mediator);

  test('brings nothing twice, and is not asked without end', async () => {
    await using client = await openClientOf(forgetful);
    const { mediator, station, bob } = client;
    await client.leave('1', 'once');
    await expect.poll(client.upstream).toMatchObject({ state: 'polling' });
    for (let i = 0; i < 5; i++) await station.scheduler.advance(POLL_MS);
    expect(await countFor(bob, station)).toBe(1);
    const status = await client.upstream();
    expect(status).toMatchObject({ collected: 1 });
    expect(status?.duplicates).toBeGreaterThan(0);
    expect(mediator.count('delivery-request')).toBeLessThanOrEqual(6 * 11);
  });

  test('under another id each time as well', async () => {
    let given = 0;
    await using client = await openClientOf((message, mediator) => {
      const answer = oldFashioned(message, mediator);
      const attachments = answer?.attachments?.map((attachment) => ({ ...attachment, id: `again-${given++}` }));
      return answer === undefined || attachments === undefined ? answer : { ...answer, attachments };
    });
    await client.leave('1', 'once');
    await expect.poll(client.upstream).toMatchObject({ state: 'polling' });
    await client.station.scheduler.advance(POLL_MS);
    expect(await countFor(client.bob, client.station)).toBe(1);
    expect(client.mediator.count('delivery-request')).toBeLessThan(30);
  });
});

describe('in live mode, a mediator that', () => {
  /** Goes live, and pushes nothing of what was there before. */
  const live: Behaviour = (message, mediator) =>
    message.type.endsWith('/live-delivery-change')
      ? { type: `${PICKUP3}/status`, body: { message_count: mediator.queue.size, live_delivery: true } }
      : oldFashioned(message, mediator);

  test('pushes a delivery has it acknowledged, over the same connection', async () => {
    await using client = await openClientOf(live);
    await expect.poll(client.upstream).toMatchObject({ state: 'live' });
    await client.leave('1', 'pushed');
    const attachments = [...client.mediator.queue].map(([id, packed]) => ({ id, data: { json: JSON.parse(packed) } }));
    await client.mediator.push({ type: `${PICKUP3}/delivery`, body: {}, attachments });
    await expect.poll(() => countFor(client.bob, client.station)).toBe(1);
    await expect.poll(() => client.mediator.queue.size).toBe(0);
  });

  test('got a message between the last look and the switch is asked once more', async () => {
    const late = new Map<string, string>();
    await using client = await openClientOf((message, mediator) => {
      if (message.type.endsWith('/live-delivery-change'))
        for (const [id, packed] of late) mediator.queue.set(id, packed);
      return live(message, mediator);
    });
    await client.leave('1', 'in between');
    for (const entry of client.mediator.queue) late.set(...entry);
    client.mediator.queue.clear();
    await expect.poll(() => countFor(client.bob, client.station)).toBe(1);
  });

  test('forgot to push is found out when its count is looked at', async () => {
    await using client = await openClientOf(live);
    await expect.poll(client.upstream).toMatchObject({ state: 'live' });
    await client.leave('1', 'forgotten');
    await client.station.scheduler.advance(POLL_MS);
    await expect.poll(() => countFor(client.bob, client.station)).toBe(1);
  });

  test('falls silent is given up, and connected to again', async () => {
    let isSilent = false;
    await using client = await openClientOf((message, mediator) => (isSilent ? undefined : live(message, mediator)));
    await expect.poll(client.upstream).toMatchObject({ state: 'live' });
    isSilent = true;
    await client.station.scheduler.advance(POLL_MS + 21_000);
    expect(await client.upstream()).toMatchObject({ state: 'away', lastError: { code: 'ERR_NETWORK' } });
    isSilent = false;
    await client.station.scheduler.advance(POLL_MS);
    await expect.poll(client.upstream).toMatchObject({ state: 'live' });
  });
});

describe('a mediator that', () => {
  test('never answers is away, with the reason, and is tried again with growing waits', async () => {
    await using client = await openClientOf(() => undefined);
    await client.station.scheduler.advance(61_000); // discover-features, mediation 3.0 and 2.0
    await expect.poll(client.upstream).toMatchObject({ state: 'away', lastError: { code: 'ERR_NETWORK' } });
    expect((await client.upstream())?.lastError?.message).toContain('gave no answer');
    const asked = client.mediator.asked.length;
    await client.station.scheduler.advance(60 * POLL_MS);
    expect(client.mediator.asked.length).toBeGreaterThan(asked);
    expect(client.mediator.asked.length).toBeLessThan(100);
  });

  test('denies mediation is away, and asked again only now and then: the admission may change', async () => {
    let isDenied = true;
    await using client = await openClientOf((message, mediator) =>
      isDenied && message.type.endsWith('/mediate-request')
        ? { type: `${CM2}/mediate-deny`, body: {} }
        : oldFashioned(message, mediator),
    );
    await expect.poll(client.upstream).toMatchObject({ state: 'away', lastError: { code: 'ERR_NOT_ALLOWED' } });
    await client.station.scheduler.advance(4 * POLL_MS);
    expect(client.mediator.count('mediate-request')).toBe(1);
    isDenied = false;
    await client.station.scheduler.advance(2 * POLL_MS);
    await expect.poll(client.upstream).toMatchObject({ state: 'polling' });
  });

  test('refuses our own DID is used for the rest, and status says so', async () => {
    await using client = await openClientOf((message, mediator) => {
      const answer = oldFashioned(message, mediator);
      const updated = answer?.body?.updated as { recipient_did: string }[] | undefined;
      if (answer === undefined || updated === undefined) return answer;
      const own = message.from;
      const results = updated.map((each) => (each.recipient_did === own ? { ...each, result: 'client_error' } : each));
      return { ...answer, body: { updated: results } };
    });
    await expect.poll(client.upstream).toMatchObject({
      state: 'polling',
      registered: 1,
      refused: 1,
      lastError: { code: 'ERR_NOT_ALLOWED' },
    });
  });

  test('calls the results by another name is understood', async () => {
    await using client = await openClientOf((message, mediator) => {
      const answer = oldFashioned(message, mediator);
      const { updated, ...rest } = answer?.body ?? {};
      return answer === undefined || updated === undefined
        ? answer
        : { ...answer, body: { ...rest, updates: updated } };
    });
    await expect.poll(client.upstream).toMatchObject({ state: 'polling', registered: 2, refused: 0 });
  });

  test('delivers what is no message, or for nobody here, does not hold up the rest', async () => {
    await using client = await openClientOf(oldFashioned);
    const { mediator, station, bob } = client;
    await expect.poll(client.upstream).toMatchObject({ state: 'polling' });
    const stranger = new Agent();
    mediator.queue.set('1', JSON.stringify({ not: 'a message' }));
    mediator.queue.set('2', await stranger.pack({ type: 'https://didcomm.org/empty/1.0/empty' }, new Agent().did));
    mediator.queue.set('3', await stranger.packForward('no such next', new Agent().did, station.did));
    await client.leave('4', 'good');
    await station.scheduler.advance(POLL_MS);
    await expect.poll(() => countFor(bob, station)).toBe(1);
    expect(await client.upstream()).toMatchObject({ collected: 1, discarded: 3 });
    expect(mediator.queue.size).toBe(0);
  });

  test('admits by invitation is shown the id of it', async () => {
    const memory = createMemoryTransport();
    await using internet = await openStation({ memory, address: 'memory:i', admission: { kind: 'invitation' } });
    const { url } = await internet.gateway.invite();
    await using station = await openStation({ memory, upstreams: [{ invitation: url }] });
    await expect.poll(() => upstreamOf(station)).toMatchObject({ state: 'live', did: internet.did });
  });
});

test('what somebody else says he delivers is not taken', async () => {
  await using client = await openClientOf(oldFashioned);
  const { station, bob } = client;
  await expect.poll(client.upstream).toMatchObject({ state: 'polling' });
  const mallory = new Agent();
  const packed = await mallory.pack({ type: 'https://didcomm.org/empty/1.0/empty' }, bob.did);
  const attachments = [{ id: '1', data: { json: JSON.parse(packed) } }];
  const posted = await mallory.post(station, { type: `${PICKUP3}/delivery`, body: {}, attachments });
  expect(posted.outcome).toBe('ERR_PROTOCOL_UNKNOWN');
  expect(await countFor(bob, station)).toBe(0);
});
