import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../src/core/errors.js';
import type { DidResolver } from '../../src/envelope/resolvers.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { Agent, acknowledge, CM3, countFor, enrol, fetchFor, PICKUP3, textsOf, update } from '../support/agent.js';
import { envelopesOf, newIdentity, openStation, resolver, type Station } from '../support/station.js';

async function leave(station: Station, texts: readonly string[], recipient: string): Promise<void> {
  for (const text of texts) {
    const { outcome } = await station.posts.post(await new Agent().packForward(text, recipient, station.did));
    expect(outcome).toBe('accepted');
  }
}

/** The same person under a new DID, and the proof. */
async function rotate(agent: Agent): Promise<{ next: Agent; from_prior: string }> {
  const identity = newIdentity();
  const from_prior = await envelopesOf([agent.identity]).packFromPrior({
    signBy: `${agent.did}#key-2`,
    did: identity.did,
    issuedAt: 1_767_000_000,
  });
  return { next: new Agent(identity), from_prior };
}

describe('who owns a recipient DID', () => {
  test('an agent that registers another DID than its own gets the messages for it', async () => {
    await using station = await openStation();
    const [agent, connection] = [new Agent(), new Agent()];
    expect(await enrol(agent, station, [connection.did])).toEqual(['success']);
    await leave(station, ['for the connection'], connection.did);
    expect(await textsOf(connection, await fetchFor(agent, station))).toEqual(['for the connection']);
  });

  test('what one account claimed, another cannot claim', async () => {
    await using station = await openStation();
    const [first, second, claimed] = [new Agent(), new Agent(), newIdentity().did];
    await enrol(first, station, [claimed]);
    expect(await enrol(second, station, [claimed])).toEqual(['client_error']);
    expect(await update(second, station, [{ recipient_did: claimed, action: 'remove' }])).toEqual(['client_error']);
    await leave(station, ['x'], claimed);
    expect([await countFor(first, station), await countFor(second, station)]).toEqual([1, 0]);
  });

  test('a proof takes over what was claimed, with what waits there', async () => {
    await using station = await openStation();
    const [squatter, owner] = [new Agent(), new Agent()];
    await enrol(squatter, station, [owner.did]);
    await leave(station, ['one', 'two'], owner.did);
    expect(await enrol(owner, station)).toEqual(['success']);
    expect(await countFor(squatter, station)).toBe(0);
    expect(await textsOf(owner, await fetchFor(owner, station))).toEqual(['one', 'two']);
    expect(await update(squatter, station, [{ recipient_did: owner.did, action: 'add' }])).toEqual(['client_error']);
  });

  test('what is proven is never taken over', async () => {
    await using station = await openStation();
    const [owner, other] = [new Agent(), new Agent()];
    await enrol(owner, station);
    expect(await enrol(other, station, [owner.did])).toEqual(['client_error']);
    await leave(station, ['mine'], owner.did);
    expect([await countFor(owner, station), await countFor(other, station)]).toEqual([1, 0]);
  });

  test('who is a DID may read what waits for it, whoever registered it', async () => {
    await using station = await openStation();
    const [agent, owner] = [new Agent(), new Agent()];
    await enrol(agent, station, [owner.did]);
    await leave(station, ['hello'], owner.did);
    expect([await countFor(agent, station), await countFor(owner, station)]).toEqual([1, 1]);
  });

  test('removing a recipient stops new messages and keeps the old ones for whoever removed it', async () => {
    await using station = await openStation();
    const [bob, other, claimed] = [new Agent(), new Agent(), newIdentity().did];
    await enrol(bob, station, [claimed]);
    await leave(station, ['late'], claimed);
    expect(await update(bob, station, [{ recipient_did: claimed, action: 'remove' }])).toEqual(['success']);
    const refused = await station.posts.post(await new Agent().packForward('later', claimed, station.did));
    expect(refused.outcome).toBe('ERR_NEXT_UNKNOWN');
    expect(await enrol(other, station, [claimed])).toEqual(['client_error']);
    const delivered = await fetchFor(bob, station);
    expect(delivered).toHaveLength(1);
    await acknowledge(
      bob,
      station,
      delivered.map(({ id }) => id),
    );
    expect(await enrol(other, station, [claimed])).toEqual(['success']);
  });
});

describe('rotation', () => {
  test('carries grants, registrations and queues along', async () => {
    await using station = await openStation();
    const [bob, connection] = [new Agent(), newIdentity()];
    await enrol(bob, station, [bob.did, connection.did]);
    await leave(station, ['own'], bob.did);
    await leave(station, ['other'], connection.did);
    const { next, from_prior } = await rotate(bob);
    const status = await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    expect(status.body?.message_count).toBe(2);
    expect(await countFor(next, station, next.did)).toBe(1);
    expect(await textsOf(bob, await fetchFor(next, station, { limit: 5, recipient_did: next.did }))).toEqual(['own']);
    const { body } = await next.ask(station, { type: `${CM3}/recipient-query` });
    expect(body?.dids).toHaveLength(3);
  });

  test('messages for the old DID are still taken, and wait for the new one; so are those for the new one', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const { next, from_prior } = await rotate(bob);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    await leave(station, ['to the old'], bob.did);
    await leave(station, ['to the new'], next.did);
    expect(await countFor(next, station)).toBe(2);
  });

  test('messages from the old DID are ignored afterwards', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, ['hello'], bob.did);
    const { next, from_prior } = await rotate(bob);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    const posted = await bob.post(station, { return_route: 'all', type: `${PICKUP3}/status-request` });
    expect(posted).toMatchObject({ outcome: 'ERR_NOT_ALLOWED', reply: undefined });
    await station.restart();
    expect((await bob.post(station, { type: `${PICKUP3}/status-request` })).outcome).toBe('ERR_NOT_ALLOWED');
    expect(await countFor(next, station)).toBe(1);
  });

  test('a DID that was reached by rotation is proven', async () => {
    await using station = await openStation();
    const [bob, squatter] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { next, from_prior } = await rotate(bob);
    await enrol(squatter, station, [next.did]);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    expect(await update(squatter, station, [{ recipient_did: bob.did, action: 'add' }])).toEqual(['client_error']);
    expect(await update(squatter, station, [{ recipient_did: next.did, action: 'add' }])).toEqual(['client_error']);
    await leave(station, ['x'], bob.did);
    expect([await countFor(next, station), await countFor(squatter, station)]).toEqual([1, 0]);
  });

  test('the old DID can be taken back from whoever claimed it after it was removed', async () => {
    await using station = await openStation();
    const [bob, squatter] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { next, from_prior } = await rotate(bob);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    expect(await update(next, station, [{ recipient_did: bob.did, action: 'remove' }])).toEqual(['success']);
    expect(await enrol(squatter, station, [bob.did])).toEqual(['success']);
    await leave(station, ['old friend'], bob.did);
    expect(await update(next, station, [{ recipient_did: bob.did, action: 'add' }])).toEqual(['success']);
    expect([await countFor(next, station), await countFor(squatter, station)]).toEqual([1, 0]);
  });

  test('a message that is on its way to the store meanwhile is not left behind', async () => {
    let beforePut: () => Promise<void> = async () => {};
    const wrapStore = (store: MessageStore): MessageStore =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (name !== 'transact') return typeof value === 'function' ? value.bind(target) : value;
          return async (operations: Parameters<MessageStore['transact']>[0]) => {
            if (operations.some(({ kind }) => kind === 'put')) await beforePut();
            return target.transact(operations);
          };
        },
      });
    await using station = await openStation({ wrapStore });
    const bob = new Agent();
    await enrol(bob, station);
    const { next, from_prior } = await rotate(bob);
    beforePut = async () => {
      beforePut = async () => {};
      await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    };
    await leave(station, ['in between'], bob.did);
    expect(await countFor(next, station, next.did)).toBe(1);
  });

  test('is proven once: the proof may be repeated after the old DID is gone', async () => {
    let isGone = false;
    const gone = new WaypostError('ERR_DID_UNAVAILABLE', 'the host of the DID is away', { retryable: true });
    const bob = new Agent();
    const forgetful: DidResolver = {
      canonical: (did) => resolver.canonical(did),
      resolve: async (did) => {
        if (isGone && resolver.canonical(did) === resolver.canonical(bob.did)) throw gone;
        return resolver.resolve(did);
      },
    };
    await using station = await openStation({ resolver: forgetful });
    await enrol(bob, station);
    const { next, from_prior } = await rotate(bob);
    const { next: thief, from_prior: stolen } = await rotate(bob);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    isGone = true;
    await station.restart();
    const status = await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    expect(status.type).toBe(`${PICKUP3}/status`);
    const refused = await thief.post(station, { type: `${PICKUP3}/status-request`, from_prior: stolen });
    expect(refused.outcome).toBe('ERR_DID_UNAVAILABLE');
  });

  test('to nobody changes nothing: the proof names no recipient, so that any contact could replay it', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, ['still mine'], bob.did);
    const signBy = `${bob.did}#key-2`;
    const from_prior = await envelopesOf([bob.identity]).packFromPrior({ signBy, issuedAt: 1_767_000_000 });
    const farewell = { id: 'farewell', type: 'https://didcomm.org/empty/1.0/empty', to: [station.did], from_prior };
    const { outcome } = await station.posts.post(await bob.codec.pack(farewell, undefined, station.did));
    expect(outcome).toBe('accepted');
    expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['still mine']);
  });

  test('of a DID that is not known here leaves no trace', async () => {
    await using station = await openStation();
    const stranger = new Agent();
    const { next, from_prior } = await rotate(stranger);
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    expect(await enrol(stranger, station)).toEqual(['success']);
  });
});
