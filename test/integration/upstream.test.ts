import { describe, expect, test } from 'vitest';
import { createEnvelopes } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import { Agent, countFor, enrol, fetchFor, PICKUP4, textsOf, update } from '../support/agent.js';
import { Backhaul } from '../support/backhaul.js';
import { newIdentity, openStation, primitives, resolver } from '../support/station.js';
import { openPair, packThrough, type UpstreamPair, upstreamOf } from '../support/upstream-pair.js';

const MODES = ['live', 'poll', 'auto'] as const;
const MINUTE = 60_000;

const reached = (pair: UpstreamPair, mode: string): Promise<void> =>
  expect.poll(pair.upstream).toMatchObject({ state: mode === 'poll' ? 'polling' : 'live' });

/** DIDs that the mediator on the internet takes messages for. */
async function registeredAt({ internet }: UpstreamPair): Promise<ReadonlySet<string>> {
  const client = { prefix: 'did:', limit: 100 };
  const entries = await internet.store.entries({ space: 'mediation.registrations', ...client });
  return new Set(entries.map(({ key }) => key));
}

describe.each(MODES)('in mode %s', (mode) => {
  test('what arrives at the upstream for a local device ends in its mailbox here, and is deleted there', async () => {
    await using pair = await openPair({ mode });
    const { internet, local } = pair;
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, mode);
    const posted = await internet.posts.post(await packThrough(alice, 'hello', bob.did, pair));
    expect(posted.outcome).toBe('accepted');
    if (mode === 'poll') await local.scheduler.advance(2 * MINUTE);
    await expect.poll(() => countFor(bob, local)).toBe(1);
    expect(await textsOf(bob, await fetchFor(bob, local))).toEqual(['hello']);
    await expect.poll(async () => (await internet.store.size()).messages).toBe(0);
  });

  test('what waited there before the first connection is collected, more than one batch of it, in order', async () => {
    await using pair = await openPair({ mode });
    const { internet, local, backhaul } = pair;
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, mode);
    await backhaul.cut();
    const texts = Array.from({ length: 45 }, (_, index) => `message ${index}`);
    for (const text of texts) {
      expect((await internet.posts.post(await alice.packForward(text, bob.did, internet.did))).outcome).toBe(
        'accepted',
      );
    }
    await expect.poll(pair.upstream).toMatchObject({ state: 'away' });
    backhaul.restore();
    await local.scheduler.advance(2000);
    await expect.poll(() => countFor(bob, local)).toBe(45);
    const fetched = await textsOf(bob, await fetchFor(bob, local, { limit: 100 }));
    expect(fetched).toEqual(texts);
    await expect.poll(pair.upstream).toMatchObject({ collected: 45, duplicates: 0, discarded: 0 });
  });
});

describe('while the backhaul is away', () => {
  test('status says since when, what went wrong and when it is tried again, with growing waits', async () => {
    await using pair = await openPair();
    await reached(pair, 'live');
    await pair.backhaul.cut();
    await expect.poll(pair.upstream).toMatchObject({ state: 'away', forMs: 0, address: undefined });
    await pair.local.scheduler.advance(10 * MINUTE);
    const status = await pair.upstream();
    expect(status).toMatchObject({ state: 'away', forMs: 10 * MINUTE });
    expect(status?.lastError).toMatchObject({ code: 'ERR_NETWORK', retryable: true });
    expect(status?.nextTryInMs).toBeGreaterThan(0);
    const before = pair.backhaul.dials;
    await pair.local.scheduler.advance(60 * MINUTE);
    // At most every five minutes, in the upper half of it.
    expect(pair.backhaul.dials - before).toBeGreaterThanOrEqual(12);
    expect(pair.backhaul.dials - before).toBeLessThanOrEqual(24);
  });

  test('everything local goes on', async () => {
    await using pair = await openPair();
    const { local, backhaul } = pair;
    await backhaul.cut();
    const [bob, carol] = [new Agent(), new Agent()];
    expect(await enrol(bob, local)).toEqual(['success']);
    const line = await bob.connect(local);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    await local.posts.post(await carol.packForward('local', bob.did, local.did));
    await expect.poll(() => line.received('delivery').length).toBe(1);
    await line.close();
  });

  test('what goes out waits, survives a restart, says why, and leaves as soon as the upstream is reached', async () => {
    await using pair = await openPair();
    const { local, internet, backhaul } = pair;
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(alice, internet);
    await reached(pair, 'live');
    await backhaul.cut();
    const forward = await bob.wrap([await bob.packForward('out', alice.did, internet.did)], internet.did, local.did);
    expect((await local.posts.post(forward)).outcome).toBe('accepted');
    expect((await local.posts.post(forward)).outcome).toBe('accepted');
    await local.scheduler.advance(20 * MINUTE);
    const [queue] = await local.store.destinations({ after: 'out:', limit: 1 });
    expect(queue?.messages).toBe(1);
    const [waiting] = await local.store.list({ destinations: [queue?.destination ?? ''], limitMessages: 1 });
    const why = await local.gateway.why(waiting?.id ?? '');
    expect(why).toMatchObject({ fate: { state: 'queued' }, progress: { state: 'waiting' } });
    expect(why?.progress).toMatchObject({ lastError: { code: 'ERR_NETWORK' } });
    await local.restart();
    await local.scheduler.advance(60 * MINUTE);
    backhaul.restore();
    // Less than the wait between two tries to push.
    await local.scheduler.advance(4 * MINUTE);
    await expect.poll(() => countFor(alice, internet)).toBe(1);
    expect(await textsOf(alice, await fetchFor(alice, internet))).toEqual(['out']);
    expect((await local.store.size()).messages).toBe(0);
  });
});

describe('registrations', () => {
  test('our own DIDs and those of local devices are registered, later ones as they come, and removed with them', async () => {
    const before = newIdentity();
    await using pair = await openPair({ local: { identities: [newIdentity('memory:local'), before] } });
    const { local } = pair;
    const [bob, carol] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, 'live');
    const names = (...dids: readonly string[]) => new Set(dids.map((did) => resolver.canonical(did)));
    expect(await registeredAt(pair)).toEqual(names(local.did, before.did, bob.did));
    await enrol(carol, local);
    await local.scheduler.advance(1000);
    await expect.poll(() => registeredAt(pair)).toEqual(names(local.did, before.did, bob.did, carol.did));
    await update(bob, local, [{ recipient_did: bob.did, action: 'remove' }]);
    await local.scheduler.advance(1000);
    await expect.poll(() => registeredAt(pair)).toEqual(names(local.did, before.did, carol.did));
    expect(await pair.upstream()).toMatchObject({ registered: 3, refused: 0 });
  });

  test('what changed while the backhaul was away is put right afterwards, and what is right is not sent again', async () => {
    await using pair = await openPair();
    const { local, backhaul } = pair;
    const [bob, carol] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, 'live');
    await backhaul.cut();
    await update(bob, local, [{ recipient_did: bob.did, action: 'remove' }]);
    await enrol(carol, local);
    backhaul.restore();
    await local.scheduler.advance(5000);
    await reached(pair, 'live');
    const expected = new Set([local.did, carol.did].map((did) => resolver.canonical(did)));
    expect(await registeredAt(pair)).toEqual(expected);
  });

  test('a DID that somebody else has there is refused, counted, and spoils nothing', async () => {
    await using pair = await openPair();
    const { local, internet } = pair;
    const bob = new Agent();
    await enrol(bob, internet);
    await enrol(bob, local);
    await reached(pair, 'live');
    await local.scheduler.advance(1000);
    await expect.poll(pair.upstream).toMatchObject({ registered: 1, refused: 1 });
  });
});

describe('nothing is acknowledged before it is stored', () => {
  test('while our store is full the messages stay with the upstream, and come later', async () => {
    const storeLimits = { perDestination: { messages: 2, bytes: 1024 * 1024 } };
    await using pair = await openPair({ local: { storeLimits } });
    const { local, internet } = pair;
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, 'live');
    for (const text of ['1', '2', '3', '4']) await internet.posts.post(await packThrough(alice, text, bob.did, pair));
    await expect.poll(pair.upstream).toMatchObject({ collected: 2, lastError: { code: 'ERR_QUOTA_RECIPIENT' } });
    await expect.poll(async () => (await internet.store.size()).messages).toBe(2);
    const first = await fetchFor(bob, local);
    await bob.ask(local, {
      type: 'https://didcomm.org/messagepickup/3.0/messages-received',
      body: { message_id_list: first.map(({ id }) => id) },
    });
    await local.scheduler.advance(2 * MINUTE);
    await expect.poll(() => countFor(bob, local)).toBe(2);
    const texts = [...(await textsOf(bob, first)), ...(await textsOf(bob, await fetchFor(bob, local)))];
    expect(texts.toSorted()).toEqual(['1', '2', '3', '4']);
    await expect.poll(async () => (await internet.store.size()).messages).toBe(0);
  });

  test('connections that break at any time lose nothing and bring nothing twice', async () => {
    await using pair = await openPair();
    const { local, internet, backhaul } = pair;
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, local);
    await reached(pair, 'live');
    const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
    for (const [index, text] of texts.entries()) {
      await internet.posts.post(await packThrough(alice, text, bob.did, pair));
      if (index % 7 === 0) await backhaul.breakConnections();
      await local.scheduler.advance(500);
    }
    await local.scheduler.advance(10 * MINUTE);
    await expect.poll(() => countFor(bob, local)).toBe(60);
    const fetched = await textsOf(bob, await fetchFor(bob, local, { limit: 100 }));
    expect(new Set(fetched)).toEqual(new Set(texts));
    await expect.poll(async () => (await internet.store.size()).messages).toBe(0);
  });
});

describe('relaying', () => {
  const far = () => new Agent(newIdentity('memory:far'));

  test('a forward for a stranger is refused unless its source may have it relayed', async () => {
    await using pair = await openPair();
    const [alice, bob] = [far(), new Agent()];
    const forward = await bob.packForward('x', alice.did, pair.local.did);
    expect((await pair.local.posts.post(forward)).outcome).toBe('ERR_NEXT_UNKNOWN');
  });

  test('with permission it goes to the endpoint of any DID', async () => {
    const forSources = (source: string) => source === 'http:192.168.1.7';
    await using pair = await openPair({ local: { relay: { forSources } } });
    const { local } = pair;
    const [alice, bob] = [far(), new Agent()];
    const forward = await bob.packForward('to you', alice.did, local.did);
    expect((await local.posts.post(forward, 'http://198.51.100.9:1')).outcome).toBe('ERR_NEXT_UNKNOWN');
    expect((await local.posts.post(forward, 'http://192.168.1.7:1')).outcome).toBe('accepted');
    const listener = await local.memory.listen('memory:far');
    await local.scheduler.advance(5000);
    for await (const channel of listener) {
      for await (const arrival of channel) {
        expect((await alice.codec.unpack(arrival.bytes)).body).toEqual({ content: 'to you' });
        await arrival.accept();
        break;
      }
      break;
    }
    await expect.poll(async () => (await local.store.size()).messages).toBe(0);
  });

  test('or for those who have an account, on the connection on which they proved it', async () => {
    await using pair = await openPair({ local: { relay: { forAccounts: true } } });
    const { local } = pair;
    const [alice, bob, stranger] = [far(), new Agent(), new Agent()];
    await enrol(bob, local);
    const forward = await bob.packForward('x', alice.did, local.did);
    expect((await local.posts.post(forward)).outcome).toBe('ERR_NEXT_UNKNOWN');
    const lines = [await bob.connect(local), await stranger.connect(local)] as const;
    for (const line of lines) await line.send({ type: 'https://didcomm.org/trust-ping/2.0/ping' });
    await expect(lines[1].sendPacked(forward)).rejects.toMatchObject({ cause: { code: 'ERR_NEXT_UNKNOWN' } });
    await lines[0].sendPacked(forward);
    expect((await local.store.size()).messages).toBe(1);
    for (const line of lines) await line.close();
  });

  test('never to a DID without an endpoint, nor to one that leads back here', async () => {
    await using pair = await openPair({ local: { relay: { forSources: () => true } } });
    const { local } = pair;
    const bob = new Agent();
    for (const identity of [newIdentity(), newIdentity(local.did)]) {
      const forward = await bob.packForward('x', identity.did, local.did);
      expect((await local.posts.post(forward)).outcome).toBe('ERR_NEXT_UNKNOWN');
    }
  });

  test('what the upstream brings for somebody who is not here is discarded and counted, not sent back', async () => {
    await using pair = await openPair({ local: { relay: { forSources: () => true } } });
    await reached(pair, 'live');
    const alice = new Agent();
    await pair.internet.posts.post(await packThrough(alice, 'astray', far().did, pair));
    await expect.poll(pair.upstream).toMatchObject({ discarded: 1, collected: 0 });
    expect((await pair.local.store.size()).messages).toBe(0);
    expect((await pair.internet.store.size()).messages).toBe(0);
  });
});

test('a rotation of our DID carries along what the upstream holds, and the proof is sent until it has answered', async () => {
  const [before, now] = [newIdentity('memory:local'), newIdentity('memory:local')];
  const secrets = createLocalSecrets({ primitives, keys: before.secrets });
  const fromPrior = await createEnvelopes({ primitives, resolver, secrets }).packFromPrior({
    signBy: `${before.did}#key-2`,
    did: now.did,
    issuedAt: 1,
  });
  await using pair = await openPair({ local: { identities: [before] } });
  const { internet } = pair;
  await reached(pair, 'live');
  await pair.backhaul.cut();
  const [alice, bob] = [new Agent(), new Agent()];
  await internet.posts.post(await packThrough(alice, 'to the old DID', bob.did, pair));

  const backhaul = new Backhaul(internet.memory);
  await backhaul.cut();
  await using rotated = await openStation({
    memory: internet.memory,
    transports: [backhaul.transport],
    address: 'memory:rotated',
    identities: [now, before],
    upstreams: [{ did: internet.did }],
    fromPrior,
  });
  await enrol(bob, rotated);
  backhaul.restore();
  await rotated.scheduler.advance(2000);
  await expect.poll(() => countFor(bob, rotated)).toBe(1);
  expect(await textsOf(bob, await fetchFor(bob, rotated))).toEqual(['to the old DID']);
  await expect.poll(() => upstreamOf(rotated)).toMatchObject({ state: 'live', registered: 3, refused: 0 });
});
