import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Agent, acknowledge, CM2, CM3, countFor, enrol, fetchFor, PICKUP3, PICKUP4, update } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { overHttp, type Remote } from '../support/over-http.js';

/* What somebody gets from the running program who is not entitled to anything: the exact answers. */

let program: Program;
let folder: string;
let daemon: Daemon;
/** Where honest people come from, and where Mallory does. */
let gateway: Remote;
let fromElsewhere: Remote;

beforeAll(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-strangers-'));
  daemon = await startDaemon(program, folder);
  gateway = overHttp(daemon);
  fromElsewhere = overHttp(daemon, '127.0.0.66');
});

afterAll(async () => {
  await daemon.stop();
  await program.remove();
  await rm(folder, { recursive: true });
});

/** Bob, with a mailbox and a message in it; and Mallory, with a mailbox of her own. */
async function bobAndMallory(): Promise<{ bob: Agent; mallory: Agent; queuedId: string }> {
  const [bob, mallory] = [new Agent(), new Agent()];
  await enrol(bob, gateway);
  await enrol(mallory, fromElsewhere);
  const forward = await new Agent().packForward('for bob', bob.did, gateway.did);
  expect((await gateway.posts.post(forward)).status).toBe(202);
  const [queued] = await fetchFor(bob, gateway);
  return { bob, mallory, queuedId: queued?.id ?? '' };
}

describe('somebody else’s queue', () => {
  test.each([
    ['its status', `${PICKUP3}/status-request`],
    ['its status, by 4.0', `${PICKUP4}/status-request`],
    ['its messages', `${PICKUP3}/delivery-request`],
    ['its messages, by 4.0', `${PICKUP4}/delivery-request`],
  ])('%s: 200, and an answer as if nothing were there', async (_, type) => {
    const { bob, mallory } = await bobAndMallory();
    const body = { recipient_did: bob.did, limit: 10 };
    const answer = await mallory.ask(fromElsewhere, { type, body });
    expect(answer.attachments ?? []).toEqual([]);
    expect(answer.body).toMatchObject({ recipient_did: bob.did });
    // The same that is said of a DID which nobody has ever heard of, so it tells nobody who is served here.
    const unheard = new Agent().did;
    const ofNobody = await mallory.ask(fromElsewhere, { type, body: { ...body, recipient_did: unheard } });
    expect({ ...answer.body, recipient_did: '' }).toEqual({ ...ofNobody.body, recipient_did: '' });
    expect(await countFor(bob, gateway)).toBe(1);
  });

  test('acknowledging its messages: 200 with her own empty status, and nothing is deleted', async () => {
    const { bob, mallory, queuedId } = await bobAndMallory();
    const type = `${PICKUP3}/messages-received`;
    const answer = await mallory.ask(fromElsewhere, { type, body: { message_id_list: [queuedId] } });
    expect(answer).toMatchObject({ type: `${PICKUP3}/status`, body: { message_count: 0 } });
    expect(await countFor(bob, gateway)).toBe(1);
  });

  test('removing or taking its registration: `client_error`, and it stays', async () => {
    const { bob, mallory } = await bobAndMallory();
    for (const action of ['remove', 'add']) {
      expect(await update(mallory, fromElsewhere, [{ recipient_did: bob.did, action }])).toEqual(['client_error']);
    }
    const forward = await new Agent().packForward('still his', bob.did, gateway.did);
    expect((await gateway.posts.post(forward)).status).toBe(202);
    expect(await countFor(bob, gateway)).toBe(2);
  });

  test('what is pushed live to its owner does not go to a stranger’s live connection', async () => {
    const { bob, mallory } = await bobAndMallory();
    const line = await mallory.connect(fromElsewhere);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true, recipient_did: bob.did } });
    await expect.poll(() => line.received('status')).toHaveLength(1);
    await gateway.posts.post(await new Agent().packForward('not for her', bob.did, gateway.did));
    await line.send({ type: 'https://didcomm.org/trust-ping/2.0/ping' });
    await expect.poll(() => line.received('ping-response')).toHaveLength(1);
    expect(line.received('delivery')).toEqual([]);
    await line.close();
  });
});

describe('without an account', () => {
  test.each([
    ['registering by 2.0', `${CM2}/keylist-update`, { updates: [] }],
    ['registering by 3.0', `${CM3}/recipient-update`, { updates: [] }],
    ['live mode on a POST', `${PICKUP4}/live-delivery-change`, { live_delivery: true }],
  ])('%s: a problem report', async (_, type, body) => {
    const answer = await new Agent().ask(fromElsewhere, { type, body });
    expect(answer.type).toMatch(/\/problem-report$/);
    expect(answer.body?.code).toBe(type.startsWith(PICKUP4) ? 'e.m.live-mode-not-supported' : 'e.p.trust');
  });

  test('live mode on a WebSocket: a problem report', async () => {
    const line = await new Agent().connect(fromElsewhere);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    await expect.poll(() => line.inbox).toMatchObject([{ body: { code: 'e.p.trust' } }]);
    await line.close();
  });

  test('the list of recipients: 200, and an empty one', async () => {
    const answer = await new Agent().ask(fromElsewhere, { type: `${CM3}/recipient-query` });
    expect(answer).toMatchObject({ type: `${CM3}/recipient`, body: { dids: [] } });
  });

  test.each([`${CM3}/mediate-request`, `${PICKUP3}/delivery-request`, `${PICKUP4}/messages-received`])(
    '%s that only claims who sent it: 403 and nothing else',
    async (type) => {
      const { bob, queuedId } = await bobAndMallory();
      const body = { limit: 10, message_id_list: [queuedId] };
      const claim = { id: '1', type, from: bob.did, to: [gateway.did], return_route: 'all', body };
      const answer = await fromElsewhere.posts.post(await bob.codec.pack(claim, undefined, gateway.did));
      expect(answer).toMatchObject({ status: 403, reply: undefined });
      expect(answer.text).toBe('The sender may not do this here.\n');
      expect(await countFor(bob, gateway)).toBe(1);
    },
  );

  test('authcrypt in the name of somebody else: 400 and nothing else', async () => {
    const { bob, mallory } = await bobAndMallory();
    const lie = { id: '1', type: `${PICKUP3}/delivery-request`, from: bob.did, to: [gateway.did], body: { limit: 1 } };
    // Her own envelopes refuse to pack it, so it is made from an honest one by renaming her inside.
    const honest = { ...lie, from: mallory.did };
    const packed = await mallory.codec.pack(honest, mallory.did, gateway.did);
    const { protected: header, ...rest } = JSON.parse(packed) as { protected: string };
    const headers = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
    const skid = `${bob.did}#key-1`;
    const forged = { ...headers, skid, apu: Buffer.from(skid).toString('base64url') };
    const envelope = { ...rest, protected: Buffer.from(JSON.stringify(forged)).toString('base64url') };
    expect(await fromElsewhere.posts.post(JSON.stringify(envelope))).toMatchObject({ status: 400, reply: undefined });
  });
});

describe('a recorded envelope, sent again from elsewhere', () => {
  test('a forward: 202, stored once', async () => {
    const bob = new Agent();
    await enrol(bob, gateway);
    const forward = await new Agent().packForward('once', bob.did, gateway.did);
    for (const there of [gateway, fromElsewhere, fromElsewhere]) {
      expect((await there.posts.post(forward)).status).toBe(202);
    }
    expect(await countFor(bob, gateway)).toBe(1);
    await acknowledge(
      bob,
      gateway,
      (await fetchFor(bob, gateway)).map(({ id }) => id),
    );
    expect((await fromElsewhere.posts.post(forward)).status).toBe(202);
    expect(await countFor(bob, gateway)).toBe(0);
  });

  test('a delivery-request: an answer that only its sender can open, and the messages stay', async () => {
    const { bob, mallory } = await bobAndMallory();
    const draft = { type: `${PICKUP3}/delivery-request`, body: { limit: 10 }, return_route: 'all' };
    const recorded = await bob.pack(draft, gateway.did);
    for (let i = 0; i < 2; i++) {
      const { status, reply = new Uint8Array() } = await fromElsewhere.posts.post(recorded);
      expect(status).toBe(200);
      await expect(mallory.codec.unpack(reply)).rejects.toMatchObject({ code: 'ERR_JWE_NO_RECIPIENT' });
    }
    expect(await countFor(bob, gateway)).toBe(1);
  });

  test('a recipient-update: no effect', async () => {
    const { bob } = await bobAndMallory();
    const remove = { updates: [{ recipient_did: bob.did, action: 'remove' }] };
    const recorded = await bob.pack(
      { type: `${CM3}/recipient-update`, body: remove, return_route: 'all' },
      gateway.did,
    );
    expect((await gateway.posts.post(recorded)).status).toBe(200);
    expect(await update(bob, gateway, [{ recipient_did: bob.did, action: 'add' }])).toEqual(['success']);
    await fromElsewhere.posts.post(recorded);
    const forward = await new Agent().packForward('still registered', bob.did, gateway.did);
    expect((await gateway.posts.post(forward)).status).toBe(202);
  });

  test('a live-delivery-change, over a WebSocket of his own: he is told and pushed nothing', async () => {
    const { bob } = await bobAndMallory();
    const change = { type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true }, return_route: 'all' };
    const recorded = await bob.pack(change, gateway.did);
    const honest = await bob.connect(gateway);
    await honest.sendPacked(recorded);
    await expect.poll(() => honest.received('delivery')).toHaveLength(1);
    await honest.close();
    // Listens with Bob's eyes, to see what would come.
    const thief = await bob.connect(fromElsewhere);
    await thief.sendPacked(recorded);
    await expect.poll(() => thief.inbox.length).toBe(1);
    expect(thief.inbox[0]).toMatchObject({ type: `${PICKUP4}/status`, body: { live_delivery: false } });
    await gateway.posts.post(await new Agent().packForward('pushed?', bob.did, gateway.did));
    expect(await countFor(bob, gateway)).toBe(2);
    expect(thief.received('delivery')).toEqual([]);
    await thief.close();
  });

  test('a messages-received, after the queue has filled again: deletes none of the new ones', async () => {
    const { bob, queuedId } = await bobAndMallory();
    const body = { message_id_list: [queuedId] };
    const recorded = await bob.pack({ type: `${PICKUP3}/messages-received`, body, return_route: 'all' }, gateway.did);
    await gateway.posts.post(recorded);
    await gateway.posts.post(await new Agent().packForward('new', bob.did, gateway.did));
    await fromElsewhere.posts.post(recorded);
    expect(await countFor(bob, gateway)).toBe(1);
  });

  test('is no use after a restart of the gateway either', async () => {
    const ownFolder = await mkdtemp(join(tmpdir(), 'waypost-replay-'));
    const before = await startDaemon(program, ownFolder);
    const bob = new Agent();
    await enrol(bob, overHttp(before));
    const remove = { updates: [{ recipient_did: bob.did, action: 'remove' }] };
    const recorded = await bob.pack({ type: `${CM3}/recipient-update`, body: remove }, before.did);
    await overHttp(before).posts.post(recorded);
    await update(bob, overHttp(before), [{ recipient_did: bob.did, action: 'add' }]);
    await before.kill();
    await using after = await startDaemon(program, ownFolder);
    await overHttp(after).posts.post(recorded);
    const forward = await new Agent().packForward('x', bob.did, after.did);
    expect((await overHttp(after).posts.post(forward)).status).toBe(202);
    await after.stop();
    await rm(ownFolder, { recursive: true });
  });
});
