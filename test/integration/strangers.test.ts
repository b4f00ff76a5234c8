import { describe, expect, test } from 'vitest';
import { Agent, acknowledge, CM3, countFor, enrol, fetchFor, PICKUP3, PICKUP4, update } from '../support/agent.js';
import { openStation, type Station } from '../support/station.js';

async function leave(station: Station, text: string, recipient: string): Promise<void> {
  await station.posts.post(await new Agent().packForward(text, recipient, station.did));
}

describe('strangers get nothing', () => {
  test.each([
    ['a status', `${PICKUP3}/status-request`],
    ['a status of 4.0', `${PICKUP4}/status-request`],
    ['a delivery', `${PICKUP3}/delivery-request`],
    ['a delivery of 4.0', `${PICKUP4}/delivery-request`],
  ])('%s of a queue of somebody else looks as if nothing waited there', async (_, type) => {
    await using station = await openStation();
    const [bob, mallory] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await enrol(mallory, station);
    await leave(station, 'for bob', bob.did);
    const answer = await mallory.ask(station, { type, body: { recipient_did: bob.did, limit: 9 } });
    expect(answer.attachments ?? []).toEqual([]);
    expect(answer.body?.message_count ?? 0).toBe(0);
  });

  test('acknowledging what is somebody else’s deletes nothing', async () => {
    await using station = await openStation();
    const [bob, mallory] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await enrol(mallory, station);
    await leave(station, 'for bob', bob.did);
    const stolen = (await fetchFor(bob, station)).map(({ id }) => id);
    await acknowledge(mallory, station, stolen);
    expect(await countFor(bob, station)).toBe(1);
  });

  test('removing somebody else’s registration fails, and it stays', async () => {
    await using station = await openStation();
    const [bob, mallory] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await enrol(mallory, station);
    expect(await update(mallory, station, [{ recipient_did: bob.did, action: 'remove' }])).toEqual(['client_error']);
    await leave(station, 'still there', bob.did);
    expect(await countFor(bob, station)).toBe(1);
  });

  test.each([
    `${CM3}/mediate-request`,
    `${CM3}/recipient-query`,
    `${PICKUP3}/status-request`,
    `${PICKUP3}/delivery-request`,
    `${PICKUP4}/messages-received`,
    'https://didcomm.org/discover-features/2.0/queries',
  ])('%s from nobody in particular is refused, without an answer', async (type) => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const body = { message_id_list: [], limit: 1, queries: [] };
    const message = { id: '1', type, from: bob.did, to: [station.did], return_route: 'all', body };
    const posted = await station.posts.post(await bob.codec.pack(message, undefined, station.did));
    expect(posted).toMatchObject({ outcome: 'ERR_NOT_ALLOWED', reply: undefined });
  });

  test('a message that is not encrypted is refused', async () => {
    await using station = await openStation();
    const message = { id: '1', type: `${CM3}/mediate-request`, body: {} };
    expect((await station.posts.post(JSON.stringify(message))).outcome).toBe('ERR_NOT_ALLOWED');
  });

  test.each([
    ['no JSON', 'hello', 'ERR_JSON_MALFORMED'],
    ['nothing', '', 'ERR_JSON_MALFORMED'],
    ['no message', '{}', 'ERR_ENVELOPE_UNKNOWN'],
    ['a bomb of brackets', '['.repeat(100_000), 'ERR_TOO_LARGE'],
  ])('%s is refused with the code that says why', async (_, text, code) => {
    await using station = await openStation();
    expect((await station.posts.post(text)).outcome).toBe(code);
  });

  test('a message for somebody else cannot be opened and is refused', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    const packed = await alice.pack({ type: 'https://didcomm.org/trust-ping/2.0/ping' }, bob.did);
    expect((await station.posts.post(packed)).outcome).toBe('ERR_JWE_NO_RECIPIENT');
  });
});

describe('replays', () => {
  test('of recipient-update have no effect, also after a restart', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const updates = [{ recipient_did: bob.did, action: 'remove' }];
    const draft = { type: `${CM3}/recipient-update`, body: { updates }, return_route: 'all' };
    const recorded = await bob.pack(draft, station.did);
    expect((await station.posts.post(recorded)).outcome).toBe('accepted');
    expect(await update(bob, station, [{ recipient_did: bob.did, action: 'add' }])).toEqual(['success']);
    await station.restart();
    const { reply } = await station.posts.post(recorded);
    const answer = await bob.codec.unpack(reply ?? new Uint8Array());
    expect(answer).toMatchObject({
      type: `${CM3}/recipient-update-response`,
      body: { updated: [{ result: 'client_error' }] },
    });
    await leave(station, 'still registered', bob.did);
    expect(await countFor(bob, station)).toBe(1);
  });

  test('an honest retry of recipient-update is answered as done', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station, []);
    const updates = [{ recipient_did: bob.did, action: 'add' }];
    const draft = { id: 'ABCDEF', type: `${CM3}/recipient-update`, body: { updates } };
    expect((await bob.ask(station, draft)).body).toMatchObject({ updated: [{ result: 'success' }] });
    expect((await bob.ask(station, { ...draft, id: 'abcdef' })).body).toMatchObject({
      updated: [{ result: 'no_change' }],
    });
  });

  test('of live-delivery-change turn nothing on for whoever recorded it', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'for bob', bob.did);
    const line = await bob.connect(station);
    const draft = { type: `${PICKUP3}/live-delivery-change`, body: { live_delivery: true }, return_route: 'all' };
    const recorded = await bob.pack(draft, station.did);
    await line.sendPacked(recorded);
    await expect.poll(() => line.received('delivery').length).toBe(1);
    await line.close();
    await station.restart();
    const thief = await bob.connect(station);
    await thief.sendPacked(recorded);
    await expect.poll(() => thief.received('status').length).toBe(1);
    expect(thief.received('status')[0]?.body).toMatchObject({ live_delivery: false });
    await leave(station, 'another', bob.did);
    expect(thief.received('delivery')).toHaveLength(0);
    await thief.close();
  });

  test('of messages-received delete nothing that was not acknowledged before', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await leave(station, 'first', bob.did);
    const [first] = await fetchFor(bob, station);
    const body = { message_id_list: [first?.id] };
    const recorded = await bob.pack({ type: `${PICKUP3}/messages-received`, body }, station.did);
    await station.posts.post(recorded);
    await leave(station, 'second', bob.did);
    expect((await station.posts.post(recorded)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(1);
  });

  test('of a forward are accepted and stored once', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const forward = await new Agent().packForward('once', bob.did, station.did);
    for (let i = 0; i < 3; i++) expect((await station.posts.post(forward)).outcome).toBe('accepted');
    const delivered = await fetchFor(bob, station);
    expect(delivered).toHaveLength(1);
    await acknowledge(
      bob,
      station,
      delivered.map(({ id }) => id),
    );
    expect((await station.posts.post(forward)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(0);
  });

  test('one sender’s requests do not push out another’s', async () => {
    await using station = await openStation();
    const [bob, busy] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await enrol(busy, station, []);
    const updates = [{ recipient_did: bob.did, action: 'remove' }];
    const recorded = await bob.pack({ type: `${CM3}/recipient-update`, body: { updates } }, station.did);
    await station.posts.post(recorded);
    await update(bob, station, [{ recipient_did: bob.did, action: 'add' }]);
    for (let i = 0; i < 300; i++) await update(busy, station, []);
    await station.posts.post(recorded);
    await leave(station, 'x', bob.did);
    await expect.poll(() => countFor(bob, station)).toBe(2); // `x`, and the one answer that waits for bob
  });

  test('of whatever request do not fill the mailbox of its sender with answers', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const recorded = await bob.pack({ type: `${CM3}/recipient-query` }, station.did);
    for (let i = 0; i < 5; i++) expect((await station.posts.post(recorded)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(1);
  });
});
