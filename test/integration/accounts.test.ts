import { expect, test } from 'vitest';
import { Agent, enrol, fetchFor, PICKUP3, textsOf } from '../support/agent.js';
import { newIdentity, openStation, type Station } from '../support/station.js';

/* An operator deletes an account. */

const ALL = { limit: 100 };
const post = async (station: Station, text: string, recipient: string): Promise<string> =>
  (await station.posts.post(await new Agent().packForward(text, recipient, station.did))).outcome;

test('an account is deleted with what it registered: forwards for it are refused, and it is a stranger', async () => {
  await using station = await openStation();
  const [bob, ann, claimed] = [new Agent(), new Agent(), newIdentity().did];
  await enrol(bob, station, [bob.did, claimed]);
  await enrol(ann, station);
  expect(await station.gateway.accounts(ALL)).toHaveLength(2);
  expect(await post(station, 'x', claimed)).toBe('accepted');
  const [{ id } = { id: '' }] = await fetchFor(bob, station);
  await bob.ask(station, { type: `${PICKUP3}/messages-received`, body: { message_id_list: [id] } });

  const removed = await station.gateway.removeAccount(bob.did, false);
  expect(removed).toMatchObject({ messages: 0, recipients: expect.arrayContaining([bob.did, claimed]) });
  expect(await post(station, 'x', bob.did)).toBe('ERR_NEXT_UNKNOWN');
  expect(await post(station, 'x', claimed)).toBe('ERR_NEXT_UNKNOWN');
  expect(await post(station, 'x', ann.did)).toBe('accepted');
  expect(await enrol(ann, station, [claimed])).toEqual(['success']);
  expect(await station.gateway.accounts(ALL)).toMatchObject([{ registrations: 2 }]);
  await station.restart();
  expect(await post(station, 'x', bob.did)).toBe('ERR_NEXT_UNKNOWN');
  expect(await enrol(bob, station)).toEqual(['success']);
});

test('while messages wait it is refused, and nothing changes', async () => {
  await using station = await openStation();
  const bob = new Agent();
  await enrol(bob, station);
  await post(station, 'for bob', bob.did);
  await expect(station.gateway.removeAccount(bob.did, false)).rejects.toMatchObject({ code: 'ERR_ACCOUNT_IN_USE' });
  expect(await post(station, 'still taken', bob.did)).toBe('accepted');
  expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['for bob', 'still taken']);
});

test('a purge takes the messages along, and each says why it left; others keep theirs', async () => {
  await using station = await openStation();
  const [bob, ann] = [new Agent(), new Agent()];
  await enrol(bob, station);
  await enrol(ann, station);
  await post(station, 'for bob', bob.did);
  await post(station, 'for ann', ann.did);
  const [{ id } = { id: '' }] = await fetchFor(bob, station);
  expect(await station.gateway.removeAccount(bob.did, true)).toMatchObject({ messages: 1 });
  expect((await station.gateway.why(id))?.fate).toMatchObject({ state: 'left', reason: 'purged' });
  expect((await station.store.size()).messages).toBe(1);
});

test('it makes room for another account from the same place', async () => {
  await using station = await openStation({
    limits: { mediation: { accountsPerSource: 1, registrationsPerAccount: 1 } },
  });
  const [bob, ann] = [new Agent(), new Agent()];
  await enrol(bob, station);
  expect(await enrol(ann, station)).toEqual([expect.stringMatching(/mediate-deny$/)]);
  await station.gateway.removeAccount(bob.did, false);
  expect(await enrol(ann, station)).toEqual(['success']);
});

test('a recorded request does not bring back what was deleted', async () => {
  await using station = await openStation();
  const bob = new Agent();
  const type = 'https://didcomm.org/coordinate-mediation/3.0/recipient-update';
  const body = { updates: [{ recipient_did: bob.did, action: 'add' }] };
  await enrol(bob, station, []);
  const recorded = await bob.pack({ type, body }, station.did);
  await station.posts.post(recorded);
  expect(await post(station, 'x', bob.did)).toBe('accepted');
  await station.gateway.removeAccount(bob.did, true);
  await enrol(bob, station, []);
  await station.posts.post(recorded);
  expect(await post(station, 'x', bob.did)).toBe('ERR_NEXT_UNKNOWN');
});

test('somebody without an account is said to have none', async () => {
  await using station = await openStation();
  expect(await station.gateway.removeAccount(newIdentity().did, true)).toBeUndefined();
});
