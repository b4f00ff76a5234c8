import { describe, expect, test } from 'vitest';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { Agent, acknowledge, countFor, enrol, fetchFor, textsOf, update } from '../support/agent.js';
import { openStation, type Station } from '../support/station.js';

/** A mediator on the internet, and a station that is its client; both on one medium, which stands for the backhaul. */
async function openPair(versions: { mediation: '2.0' | '3.0'; pickup: '3.0' | '4.0' }) {
  const memory = createMemoryTransport();
  const internet = await openStation({ memory, address: 'memory:internet' });
  const upstream = { did: internet.did, address: internet.address, ...versions };
  const station = await openStation({ memory, upstreams: [upstream], relaysForAccounts: true });
  return { internet, station, memory };
}

async function leave(station: Station, text: string, recipient: string): Promise<string> {
  return (await station.posts.post(await new Agent().packForward(text, recipient, station.did))).outcome;
}

const stateOf = async (station: Station) => (await station.gateway.status()).upstreams[0]?.state;

describe.each([
  { mediation: '2.0', pickup: '3.0' },
  { mediation: '3.0', pickup: '4.0' },
] as const)('a client of a mediator with %o', (versions) => {
  test('registers those it serves, collects for them, and acknowledges what it has stored', async () => {
    const { internet, station } = await openPair(versions);
    const [bob, carol] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await expect.poll(() => stateOf(station)).toBe('live');
    await enrol(carol, station);
    for (const agent of [bob, carol]) {
      await expect.poll(() => leave(internet, 'from the internet', agent.did)).toBe('accepted');
      await expect.poll(() => countFor(agent, station)).toBe(1);
      expect(await textsOf(agent, await fetchFor(agent, station))).toEqual(['from the internet']);
    }
    await expect.poll(async () => (await internet.store.size()).messages).toBe(0);
    await station[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });
});

describe('while the backhaul is away', () => {
  const versions = { mediation: '3.0', pickup: '3.0' } as const;

  test('everything local goes on, and what waited comes when it is back', async () => {
    const { internet, station } = await openPair(versions);
    const bob = new Agent();
    await enrol(bob, station);
    await expect.poll(() => leave(internet, 'before', bob.did)).toBe('accepted');
    await expect.poll(() => countFor(bob, station)).toBe(1);

    await station.restart(); // the connection is cut
    await leave(internet, 'first', bob.did);
    expect(await leave(station, 'local', bob.did)).toBe('accepted');
    await internet.restart();
    await leave(internet, 'second', bob.did);
    await expect
      .poll(async () => {
        await station.scheduler.advance(1000);
        return countFor(bob, station);
      })
      .toBe(4);
    await expect.poll(async () => (await internet.store.size()).messages).toBe(0);
    await station[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });

  test('what it could not store stays with the mediator', async () => {
    const memory = createMemoryTransport();
    const internet = await openStation({ memory, address: 'memory:internet' });
    const upstreams = [{ did: internet.did, address: internet.address }];
    const storeLimits = { perDestination: { messages: 1, bytes: 1_000_000 } };
    await using station = await openStation({ memory, upstreams, storeLimits });
    const bob = new Agent();
    await enrol(bob, station);
    for (const text of ['1', '2']) await expect.poll(() => leave(internet, text, bob.did)).toBe('accepted');
    await expect.poll(() => countFor(bob, station)).toBe(1);
    expect((await internet.store.size()).messages).toBe(1);
    await acknowledge(
      bob,
      station,
      (await fetchFor(bob, station)).map(({ id }) => id),
    );
    await station.restart(); // it connects anew and is given the rest
    await expect.poll(() => countFor(bob, station)).toBe(1);
    await internet[Symbol.asyncDispose]();
  });

  test('forwards of an account for somebody elsewhere wait and are sent on', async () => {
    const { internet, station } = await openPair(versions);
    const [bob, far] = [new Agent(), new Agent()];
    await enrol(far, internet);
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send({ type: 'https://didcomm.org/trust-ping/2.0/ping' });
    await internet.gateway[Symbol.asyncDispose]();
    // For the mediator of `far`: a forward that it opens itself.
    const forward = await bob.packForward('far away', far.did, internet.did);
    await line.sendPacked(await bob.wrap([forward], internet.did, station.did));
    await internet.restart();
    await expect
      .poll(async () => {
        await station.scheduler.advance(1000);
        return countFor(far, internet);
      })
      .toBe(1);
    await line.close();
    await station[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });

  test('strangers cannot have anything sent on', async () => {
    const { internet, station } = await openPair(versions);
    const stranger = new Agent();
    const forward = await stranger.packForward('x', new Agent().did, internet.did);
    const wrapped = await stranger.wrap([forward], internet.did, station.did);
    expect((await station.posts.post(wrapped)).outcome).toBe('ERR_NEXT_UNKNOWN');
    await station[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });

  test('a recipient that is removed here is removed there', async () => {
    const { internet, station } = await openPair(versions);
    const bob = new Agent();
    await enrol(bob, station);
    await expect.poll(() => leave(internet, 'x', bob.did)).toBe('accepted');
    await expect.poll(() => countFor(bob, station)).toBe(1);
    await update(bob, station, [{ recipient_did: bob.did, action: 'remove' }]);
    await expect.poll(() => leave(internet, 'y', bob.did)).toBe('ERR_NEXT_UNKNOWN');
    await station[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });
});
