import { describe, expect, test } from 'vitest';
import {
  Agent,
  acknowledge,
  CM2,
  CM3,
  countFor,
  enrol,
  fetchFor,
  ownCodec,
  textsOf,
  update,
} from '../support/agent.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import { newIdentity, openStation, primitives, resolver } from '../support/station.js';

/** An agent whose envelopes are made and opened by didcomm-node. */
function didcommNodeAgent(): Agent {
  const identity = newIdentity();
  const node = createDidcommNode(primitives, resolver, identity.secrets);
  return new Agent(identity, {
    pack: (message, from, to) =>
      node.packEncrypted({ typ: 'application/didcomm-plain+json', body: {}, ...message } as never, {
        to,
        ...(from === undefined ? {} : { from }),
      }),
    unpack: async (packed) => (await node.unpack(new TextDecoder().decode(packed))).message as never,
  });
}

describe.each([
  ['waypost envelopes', () => new Agent()],
  ['didcomm-node', didcommNodeAgent],
])('agents with %s', (_, newAgent) => {
  test.each(['json', 'base64'] as const)('mediation 3.0, a forward in %s, pickup 3.0', async (form) => {
    await using station = await openStation();
    const [alice, bob] = [newAgent(), newAgent()];
    expect(await enrol(bob, station)).toEqual(['success']);
    const forward = await alice.packForward('hello', bob.did, station.did, form);
    expect((await station.posts.post(forward)).outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(1);
    const delivered = await fetchFor(bob, station);
    expect(await textsOf(bob, delivered)).toEqual(['hello']);
    await acknowledge(
      bob,
      station,
      delivered.map(({ id }) => id),
    );
    expect(await countFor(bob, station)).toBe(0);
  });

  test('mediation 2.0 and live mode of pickup 4.0', async () => {
    await using station = await openStation();
    const [alice, bob] = [newAgent(), newAgent()];
    const grant = await bob.ask(station, { type: `${CM2}/mediate-request` });
    expect(grant).toMatchObject({ type: `${CM2}/mediate-grant`, body: { routing_did: station.did } });
    const updates = [{ recipient_did: bob.did, action: 'add' }];
    const updated = await bob.ask(station, { type: `${CM2}/keylist-update`, body: { updates } });
    expect(updated.body).toEqual({ updated: [{ recipient_did: bob.did, action: 'add', result: 'success' }] });

    const line = await bob.connect(station);
    const type = 'https://didcomm.org/message-pickup/4.0/live-delivery-change';
    await line.send({ type, body: { live_delivery: true } });
    await station.posts.post(await alice.packForward('live', bob.did, station.did));
    await expect.poll(() => line.received('delivery').length).toBe(1);
    const [delivery] = line.received('delivery');
    const packed = Buffer.from(delivery?.attachments?.[0]?.data.base64 ?? '', 'base64url');
    expect((await bob.codec.unpack(packed)).body).toEqual({ content: 'live' });
    await line.close();
  });
});

describe('coordinate mediation', () => {
  test('the answers are in the thread of the request and name the same DID that was asked', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const grant = await bob.ask(station, { id: 'request-1', type: `${CM3}/mediate-request` });
    expect(grant).toMatchObject({ from: station.did, to: [bob.did], thid: 'request-1' });
    expect(grant.body).toEqual({ routing_did: [station.did] });
  });

  test('adding twice and removing what is not there change nothing', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const add = { recipient_did: bob.did, action: 'add' };
    const remove = { recipient_did: bob.did, action: 'remove' };
    expect(await update(bob, station, [add, remove, remove, add, add])).toEqual([
      'no_change',
      'success',
      'no_change',
      'success',
      'no_change',
    ]);
  });

  test('what is no DID, or no action, is a client error and spoils nothing else', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station, []);
    const updates = [
      { recipient_did: 'not a DID', action: 'add' },
      { recipient_did: bob.did, action: 'add' },
      { recipient_did: bob.did, action: 'sell' },
    ];
    expect(await update(bob, station, updates)).toEqual(['client_error', 'success', 'client_error']);
  });

  test('registered recipients are listed page by page, in both versions', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const dids = [bob.did, ...Array.from({ length: 4 }, () => newIdentity().did)];
    await enrol(bob, station, dids);
    const page = await bob.ask(station, {
      type: `${CM3}/recipient-query`,
      body: { paginate: { limit: 2, offset: 3 } },
    });
    expect(page.body?.pagination).toEqual({ count: 2, offset: 3, remaining: 0 });
    const { body } = await bob.ask(station, { type: `${CM2}/keylist-query` });
    const listed = ((body?.keys ?? []) as { recipient_did: string }[]).map(({ recipient_did }) => recipient_did);
    expect(new Set(listed)).toEqual(new Set(dids));
  });

  test('a key of a DID is registered as its DID, and a forward may name a key', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station, [`${bob.did}#key-1`]);
    const inner = await alice.pack({ type: 'https://didcomm.org/empty/1.0/empty' }, bob.did);
    const posted = await station.posts.post(await alice.wrap([inner], `${bob.did}#key-1`, station.did));
    expect(posted.outcome).toBe('accepted');
    expect(await countFor(bob, station)).toBe(1);
  });

  test('the long and the short form of a DID are one recipient', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    await station.posts.post(await alice.packForward('x', bob.did, station.did));
    expect(await countFor(bob, station, resolver.canonical(bob.did))).toBe(1);
    expect(await update(bob, station, [{ recipient_did: resolver.canonical(bob.did), action: 'add' }])).toEqual([
      'no_change',
    ]);
  });

  test('an update before mediation was granted is a problem', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const updates = [{ recipient_did: bob.did, action: 'add' }];
    const posted = await bob.post(station, { return_route: 'all', type: `${CM3}/recipient-update`, body: { updates } });
    expect(posted.outcome).toBe('ERR_NOT_ALLOWED');
    expect(await bob.codec.unpack(posted.reply ?? new Uint8Array())).toMatchObject({ body: { code: 'e.p.trust' } });
  });

  test('an account cannot register without limit', async () => {
    const mediation = { accountsPerSource: 10, registrationsPerAccount: 2 };
    await using station = await openStation({ limits: { mediation } });
    const bob = new Agent();
    const dids = Array.from({ length: 3 }, () => newIdentity().did);
    expect(await enrol(bob, station, dids)).toEqual(['success', 'success', 'client_error']);
    expect(await update(bob, station, [{ recipient_did: dids[0], action: 'remove' }])).toEqual(['success']);
    expect(await update(bob, station, [{ recipient_did: dids[2], action: 'add' }])).toEqual(['success']);
  });

  test('mediation is denied to a source that has its number of accounts, not to others', async () => {
    const mediation = { accountsPerSource: 2, registrationsPerAccount: 10 };
    await using station = await openStation({ limits: { mediation } });
    const request = async (agent: Agent, from: `${string}:${string}`) => {
      const packed = await agent.pack({ type: `${CM3}/mediate-request`, return_route: 'all' }, station.did);
      const { reply } = await station.posts.post(packed, from);
      return (await agent.codec.unpack(reply ?? new Uint8Array())).type.split('/').at(-1);
    };
    expect(await request(new Agent(), 'http://192.0.2.1:1')).toBe('mediate-grant');
    const second = new Agent();
    expect(await request(second, 'http://192.0.2.1:2')).toBe('mediate-grant');
    expect(await request(new Agent(), 'http://192.0.2.1:3')).toBe('mediate-deny');
    expect(await request(second, 'http://192.0.2.1:4')).toBe('mediate-grant');
    expect(await request(new Agent(), 'http://192.0.2.2:3')).toBe('mediate-grant');
  });
});

describe('an agent that asks without return_route', () => {
  test('finds the answers in its mailbox, also the one from before it had a mailbox', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const updates = [{ recipient_did: bob.did, action: 'add' }];
    expect(await bob.post(station, { type: `${CM2}/mediate-request` })).toMatchObject({
      outcome: 'accepted',
      reply: undefined,
    });
    await bob.post(station, { type: `${CM2}/keylist-update`, body: { updates } });
    await bob.post(station, { type: `${CM2}/keylist-query` });
    const answers = await Promise.all((await fetchFor(bob, station)).map(({ packed }) => bob.codec.unpack(packed)));
    const names = answers.map(({ type }) => type.split('/').at(-1));
    expect(new Set(names)).toEqual(new Set(['mediate-grant', 'keylist-update-response', 'keylist']));
  });
});

describe('who may use it', () => {
  test('with a list: only who is on it', async () => {
    const [listed, stranger] = [new Agent(), new Agent()];
    await using station = await openStation({ admission: { kind: 'list', dids: [listed.did] } });
    expect(await enrol(listed, station)).toEqual(['success']);
    expect(await enrol(stranger, station)).toEqual([`${CM3}/mediate-deny`]);
  });

  test('with invitations: only who brings the id of one that is still good', async () => {
    await using station = await openStation({ admission: { kind: 'invitation' } });
    const { invitation } = await station.gateway.invite();
    const request = async (pthid?: string) => {
      const draft = { type: `${CM2}/mediate-request`, ...(pthid === undefined ? {} : { pthid }) };
      return (await new Agent().ask(station, draft)).type.split('/').at(-1);
    };
    expect(await request()).toBe('mediate-deny');
    expect(await request('not the id of one')).toBe('mediate-deny');
    expect(await request(invitation.id)).toBe('mediate-grant');
    await station.restart();
    expect(await request(invitation.id)).toBe('mediate-grant');
    await station.gateway.revoke(invitation.id);
    expect(await request(invitation.id)).toBe('mediate-deny');
  });
});

describe('own DIDs', () => {
  test('those that were rotated away are still served, and answer as themselves', async () => {
    const [now, before] = [newIdentity('memory:station'), newIdentity('memory:station')];
    await using station = await openStation({ identities: [now, before] });
    const bob = new Agent();
    const packed = await bob.pack({ type: `${CM3}/mediate-request`, return_route: 'all' }, before.did);
    const { reply } = await station.posts.post(packed);
    const grant = await ownCodec([bob.identity]).unpack(reply ?? new Uint8Array());
    expect(grant).toMatchObject({ from: before.did, body: { routing_did: [now.did] } });
    const alice = new Agent();
    await enrol(bob, station);
    const { outcome } = await station.posts.post(await alice.packForward('to the old one', bob.did, before.did));
    expect(outcome).toBe('accepted');
  });
});
