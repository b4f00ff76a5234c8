import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { createGateway } from '../../src/gateway/gateway.js';
import { createAddressPolicy } from '../../src/net/address-policy.js';
import { PROTOCOL_SPACES } from '../../src/protocols/mediation/spaces.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { createHttpTransport } from '../../transports/http/transport.js';
import { createWebSocketTransport } from '../../transports/websocket/transport.js';
import { Agent, CM3, PICKUP3, PICKUP4 } from '../support/agent.js';
import { ManualClock } from '../support/manual-clock.js';
import { envelopesOf, newIdentity, primitives, resolver } from '../support/station.js';
import { bundledWorker } from '../support/store-worker.js';

const MEDIA_TYPE = 'application/didcomm-encrypted+json';
const identity = newIdentity('https://gateway.example/');

/** The gateway as the daemon wires it: HTTP and WebSocket on one port, SQLite under it. */
async function open(folder: string) {
  const clock = new ManualClock();
  const { store } = await openSqliteStore({
    path: join(folder, 'store.db'),
    clock,
    spaces: PROTOCOL_SPACES,
    worker: bundledWorker(),
  });
  const outbound = { policy: createAddressPolicy({ allow: [] }) };
  const websocket = createWebSocketTransport({ outbound });
  const upgrades = websocket.attach();
  const http = createHttpTransport({ outbound, onUpgrade: upgrades.onUpgrade });
  const listener = await http.listen('http://127.0.0.1:0/');
  const gateway = createGateway({
    dids: [identity.did],
    primitives,
    envelopes: envelopesOf([identity]),
    resolver,
    store,
    transports: [http, websocket],
    clock,
    scheduler: createScheduler(),
    random: Math.random,
    logger: silentLogger,
  });
  await gateway.start();
  const serving = [gateway.serve(listener), gateway.serve(upgrades)];
  return {
    url: String(listener.addresses[0]),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all(serving);
      for (const part of [http, websocket, store]) await part[Symbol.asyncDispose]();
    },
  };
}

async function post(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': MEDIA_TYPE }, body });
}

async function ask(url: string, agent: Agent, type: string, body = {}): Promise<PlaintextMessage> {
  const response = await post(url, await agent.pack({ type, body, return_route: 'all' }, identity.did));
  expect(response.status).toBe(200);
  return agent.codec.unpack(new Uint8Array(await response.arrayBuffer()));
}

test('mediation over HTTP, a restart, live mode over WebSocket, all of it durable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-links-'));
  const [alice, bob] = [new Agent(), new Agent()];
  {
    await using station = await open(folder);
    expect((await ask(station.url, bob, `${CM3}/mediate-request`)).type).toBe(`${CM3}/mediate-grant`);
    await ask(station.url, bob, `${CM3}/recipient-update`, {
      updates: [{ recipient_did: bob.did, action: 'add' }],
    });
    const forward = await alice.packForward('before', bob.did, identity.did);
    for (let i = 0; i < 2; i++) expect((await post(station.url, forward)).status).toBe(202);
    expect((await post(station.url, await alice.packForward('x', alice.did, identity.did))).status).toBe(404);
    expect((await post(station.url, '{"not":"a message"}')).status).toBe(400);
  }
  {
    await using station = await open(folder);
    expect((await ask(station.url, bob, `${PICKUP3}/status-request`)).body?.message_count).toBe(1);
    const received: PlaintextMessage[] = [];
    const socket = new WebSocket(station.url.replace('http', 'ws'));
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', async ({ data }) => {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
      received.push(await bob.codec.unpack(bytes));
    });
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const live = { type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true }, return_route: 'all' };
    socket.send(await bob.pack(live, identity.did));
    const delivered = () => received.flatMap(({ attachments = [] }) => attachments.map(({ id }) => id));
    await expect.poll(delivered).toHaveLength(1);
    await post(station.url, await alice.packForward('live', bob.did, identity.did));
    await expect.poll(delivered).toHaveLength(2);
    const body = { message_id_list: delivered() };
    expect((await ask(station.url, bob, `${PICKUP3}/messages-received`, body)).body?.message_count).toBe(0);
    socket.close();
  }
  await rm(folder, { recursive: true });
});
