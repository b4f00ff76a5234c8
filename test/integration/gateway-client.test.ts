import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { type Agent, CM2, CM3, type Line, PICKUP3, PICKUP4 } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { didcommNodeAgent } from '../support/didcomm-node-agent.js';
import { overHttp, type Remote } from '../support/over-http.js';

/*
 * The program as it is shipped, in a process of its own. Clients pack and unpack with didcomm-node and talk over the
 * HTTP and WebSocket of the runtime, so that a mistake which both ends share cannot hide.
 */

let program: Program;
let folder: string;
let daemon: Daemon;
let gateway: Remote;

beforeAll(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-client-'));
  daemon = await startDaemon(program, folder);
  gateway = overHttp(daemon);
});

afterAll(async () => {
  await daemon.stop();
  await program.remove();
  await rm(folder, { recursive: true });
});

/** How a client asks and is answered: a POST each, or one connection. */
type Ask = (type: string, body?: Record<string, unknown>) => Promise<PlaintextMessage>;

function askByPost(agent: Agent): Ask {
  return (type, body = {}) => agent.ask(gateway, { type, body });
}

function askOnLine(agent: Agent, line: Line): Ask {
  return async (type, body = {}) => {
    const id = crypto.randomUUID();
    await line.sendPacked(await agent.pack({ id, type, body, return_route: 'all' }, gateway.did));
    await expect.poll(() => line.inbox.some(({ thid }) => thid === id)).toBe(true);
    return line.inbox.find(({ thid }) => thid === id) as PlaintextMessage;
  };
}

const MEDIATION = {
  '2.0': { grant: `${CM2}/mediate-request`, update: `${CM2}/keylist-update`, routingDid: (did: string) => did },
  '3.0': { grant: `${CM3}/mediate-request`, update: `${CM3}/recipient-update`, routingDid: (did: string) => [did] },
} as const;

async function enrolBy(ask: Ask, did: string, version: keyof typeof MEDIATION = '3.0'): Promise<void> {
  const { grant, update, routingDid } = MEDIATION[version];
  expect((await ask(grant)).body).toEqual({ routing_did: routingDid(gateway.did) });
  const { body } = await ask(update, { updates: [{ recipient_did: did, action: 'add' }] });
  expect(body).toEqual({ updated: [{ recipient_did: did, action: 'add', result: 'success' }] });
}

async function leave(text: string, recipient: string, form: 'json' | 'base64' = 'json'): Promise<number> {
  return (await gateway.posts.post(await didcommNodeAgent().packForward(text, recipient, gateway.did, form))).status;
}

interface Item {
  readonly id: string;
  readonly text: unknown;
}

function itemsOf(agent: Agent, deliveries: readonly PlaintextMessage[]): Promise<Item[]> {
  const attachments = deliveries.flatMap((delivery) => delivery.attachments ?? []);
  return Promise.all(
    attachments.map(async ({ id = '', data }) => {
      const message = await agent.codec.unpack(Buffer.from(data.base64 ?? '', 'base64url'));
      return { id, text: message.body?.content };
    }),
  );
}

const PICKUP = {
  '3.0': { piuri: PICKUP3, limit: 'limit', whenEmpty: 'status' },
  '4.0': { piuri: PICKUP4, limit: 'message_count_limit', whenEmpty: 'delivery' },
} as const;

describe.each(['HTTP', 'WebSocket'] as const)('a didcomm-node client over %s', (medium) => {
  const begin = async (agent: Agent): Promise<{ ask: Ask; end: () => Promise<void> }> => {
    if (medium === 'HTTP') return { ask: askByPost(agent), end: async () => {} };
    const line = await agent.connect(gateway);
    return { ask: askOnLine(agent, line), end: () => line.close() };
  };

  test.each([
    ['2.0', '3.0', 'json'],
    ['2.0', '4.0', 'base64'],
    ['3.0', '3.0', 'base64'],
    ['3.0', '4.0', 'json'],
  ] as const)('mediation %s, pickup %s, a forward in %s', async (mediation, pickup, form) => {
    const bob = didcommNodeAgent();
    const { ask, end } = await begin(bob);
    const { piuri, limit, whenEmpty } = PICKUP[pickup];
    await enrolBy(ask, bob.did, mediation);
    expect(await leave('hello', bob.did, form)).toBe(202);

    expect((await ask(`${piuri}/status-request`)).body?.message_count).toBe(1);
    const delivery = await ask(`${piuri}/delivery-request`, { [limit]: 5 });
    expect(delivery.type).toBe(`${piuri}/delivery`);
    const [item] = await itemsOf(bob, [delivery]);
    expect(item?.text).toBe('hello');

    // Until it is acknowledged it comes again, under the same id.
    const again = await itemsOf(bob, [await ask(`${piuri}/delivery-request`, { [limit]: 5 })]);
    expect(again).toEqual([item]);

    const received = { type: `${piuri}/messages-received`, body: { message_id_list: [item?.id] } };
    expect((await bob.post(gateway, received)).outcome).toBe('202');
    const empty = await ask(`${piuri}/delivery-request`, { [limit]: 5 });
    expect(empty).toMatchObject({ type: `${piuri}/${whenEmpty}` });
    expect(empty.attachments ?? []).toEqual([]);
    await end();
  });

  test('is told who the gateway is, what it speaks and that it is there', async () => {
    const bob = didcommNodeAgent();
    const { ask, end } = await begin(bob);
    expect(await ask('https://didcomm.org/trust-ping/2.0/ping')).toMatchObject({
      type: 'https://didcomm.org/trust-ping/2.0/ping-response',
      from: gateway.did,
      to: [bob.did],
    });
    const queries = [{ 'feature-type': 'protocol', match: 'https://didcomm.org/*pickup/*' }];
    const { body } = await ask('https://didcomm.org/discover-features/2.0/queries', { queries });
    const ids = ((body?.disclosures ?? []) as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([PICKUP3, PICKUP4]));
    await end();
  });

  test('gets a problem report for what is not spoken here', async () => {
    const bob = didcommNodeAgent();
    const { ask, end } = await begin(bob);
    expect(await ask('https://example.org/tea/1.0/brew').catch(String)).toMatchObject({
      type: 'https://didcomm.org/report-problem/2.0/problem-report',
      body: { code: 'e.p.msg.unsupported' },
    });
    await end();
  });
});

describe.each(['3.0', '4.0'] as const)('live mode of pickup %s over WebSocket', (version) => {
  const { piuri } = PICKUP[version];
  const goLive = { type: `${piuri}/live-delivery-change`, body: { live_delivery: true } };
  const deliveries = (agent: Agent, line: Line) => itemsOf(agent, line.received('delivery'));

  test('backlog first, then what comes; what is not acknowledged comes again after a reconnect, and only that', async () => {
    const bob = didcommNodeAgent();
    await enrolBy(askByPost(bob), bob.did);
    await leave('backlog', bob.did);

    const first = await bob.connect(gateway);
    await first.send(goLive);
    await expect.poll(() => deliveries(bob, first)).toHaveLength(1);
    await leave('live', bob.did, 'base64');
    await expect.poll(() => deliveries(bob, first)).toHaveLength(2);
    const [backlog, live] = await deliveries(bob, first);
    expect([backlog?.text, live?.text]).toEqual(['backlog', 'live']);
    await first.send({ type: `${piuri}/messages-received`, body: { message_id_list: [backlog?.id] } });
    // In order on one connection: when the ping is answered, the acknowledgement has been taken.
    await askOnLine(bob, first)('https://didcomm.org/trust-ping/2.0/ping');
    await first.close();

    const second = await bob.connect(gateway);
    await second.send(goLive);
    await expect.poll(() => deliveries(bob, second)).toEqual([live]);
    await second.close();
  });

  test('is off after a reconnect, and what waits is not lost', async () => {
    const bob = didcommNodeAgent();
    await enrolBy(askByPost(bob), bob.did);
    const first = await bob.connect(gateway);
    await first.send(goLive);
    await expect.poll(() => first.received('status')).toHaveLength(1);
    await first.close();
    const second = await bob.connect(gateway);
    const status = await askOnLine(bob, second)(`${piuri}/status-request`);
    expect(status.body?.live_delivery).toBe(false);
    await leave('waits', bob.did);
    await askOnLine(bob, second)('https://didcomm.org/trust-ping/2.0/ping');
    expect(await deliveries(bob, second)).toEqual([]);
    await second.send(goLive);
    await expect.poll(async () => (await deliveries(bob, second)).map(({ text }) => text)).toEqual(['waits']);
    await second.close();
  });

  test('cannot be had over HTTP, and says so', async () => {
    const bob = didcommNodeAgent();
    const ask = askByPost(bob);
    await enrolBy(ask, bob.did);
    expect((await ask(goLive.type, goLive.body)).body).toMatchObject({ code: 'e.m.live-mode-not-supported' });
  });
});

test('a restart of the gateway: clients reconnect to the same DID and find what waited', async () => {
  const ownFolder = await mkdtemp(join(tmpdir(), 'waypost-restart-'));
  const before = await startDaemon(program, ownFolder);
  const bob = didcommNodeAgent();
  const alice = didcommNodeAgent();
  const enrol = (type: string, body = {}) => bob.ask(overHttp(before), { type, body });
  await enrol(`${CM3}/mediate-request`);
  await enrol(`${CM3}/recipient-update`, { updates: [{ recipient_did: bob.did, action: 'add' }] });
  const forward = await alice.packForward('over the restart', bob.did, before.did);
  expect((await overHttp(before).posts.post(forward)).status).toBe(202);
  const line = await bob.connect(overHttp(before));
  expect(await before.stop()).toBe(0);
  await line.closed;

  const after = await startDaemon(program, ownFolder, { port: before.port });
  expect(after.did).toBe(before.did);
  const again = await bob.connect(overHttp(after));
  await again.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
  await expect.poll(() => itemsOf(bob, again.received('delivery'))).toMatchObject([{ text: 'over the restart' }]);
  await again.close();
  expect(await after.stop()).toBe(0);
  await rm(ownFolder, { recursive: true });
});
