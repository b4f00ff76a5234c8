import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openLineToCut } from '../../firmware-sim/line-to-cut.js';
import type { DeviceClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import type { CreatedDid } from '../../src/did/create.js';
import { createDid } from '../../src/did/create.js';
import { createGateway } from '../../src/gateway/gateway.js';
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamOption } from '../../src/gateway/upstream/options.js';
import { createAddressPolicy } from '../../src/net/address-policy.js';
import { PROTOCOL_SPACES } from '../../src/protocols/mediation/spaces.js';
import type { StoreLimits } from '../../src/store/limits.js';
import { openMemoryStore } from '../../src/store/memory-store.js';
import { createHttpTransport } from '../../transports/http/transport.js';
import { createWebSocketTransport } from '../../transports/websocket/transport.js';
import { Agent, CM3, PICKUP3 } from '../support/agent.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import { envelopesOf, newIdentity, primitives, resolver } from '../support/station.js';

const clock: DeviceClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  bootId: 'this boot',
  quality: () => 'ntp',
};
const RETRY = { initialMs: 20, maxMs: 200 };

/** A gateway with HTTP and WebSocket on one port of this machine. */
async function open(
  identity: CreatedDid,
  upstreams: readonly UpstreamOption[] = [],
  limits: Partial<StoreLimits> = {},
) {
  const store = openMemoryStore({ clock, spaces: PROTOCOL_SPACES, limits });
  const outbound = { policy: createAddressPolicy({ allow: ['127.0.0.1'] }) };
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
    upstreams,
    limits: { retry: RETRY, upstream: { ...DEFAULT_UPSTREAM_LIMITS, retry: RETRY, gatherChangesMs: 5 } },
  });
  await gateway.start();
  const serving = [gateway.serve(listener), gateway.serve(upgrades)];
  const url = String(listener.addresses[0]);
  return {
    did: identity.did,
    gateway,
    store,
    url,
    port: Number(new URL(url).port),
    state: async () => (await gateway.status()).upstreams[0]?.state,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all(serving);
      for (const part of [http, websocket, store]) await part[Symbol.asyncDispose]();
    },
  };
}

type OpenGateway = Awaited<ReturnType<typeof open>>;

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

async function post({ url }: OpenGateway, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/didcomm-encrypted+json' }, body });
}

async function ask(agent: Agent, gateway: OpenGateway, type: string, body = {}) {
  const response = await post(gateway, await agent.pack({ type, body, return_route: 'all' }, gateway.did));
  return agent.codec.unpack(new Uint8Array(await response.arrayBuffer()));
}

async function enrol(agent: Agent, gateway: OpenGateway): Promise<void> {
  await ask(agent, gateway, `${CM3}/mediate-request`);
  await ask(agent, gateway, `${CM3}/recipient-update`, { updates: [{ recipient_did: agent.did, action: 'add' }] });
}

/** Fetches and acknowledges until nothing is left; texts, as often as they came. */
async function fetchAll(agent: Agent, gateway: OpenGateway): Promise<unknown[]> {
  const texts: unknown[] = [];
  for (;;) {
    const { attachments = [] } = await ask(agent, gateway, `${PICKUP3}/delivery-request`, { limit: 50 });
    if (attachments.length === 0) return texts;
    for (const { data } of attachments) {
      const packed = new Uint8Array(Buffer.from(data.base64 ?? '', 'base64url'));
      texts.push((await agent.codec.unpack(packed)).body?.content);
    }
    const message_id_list = attachments.map(({ id }) => id);
    await ask(agent, gateway, `${PICKUP3}/messages-received`, { message_id_list });
  }
}

test.each(['live', 'poll'] as const)(
  'both ways over real sockets in mode %s, the backhaul cut and restored',
  async (mode) => {
    let internetPort = 0;
    await using line = await openLineToCut(() => internetPort);
    const services = ['http', 'ws'].map((scheme) => ({ t: 'dm', s: { uri: `${scheme}://127.0.0.1:${line.port}/` } }));
    await using internet = await open(createDid(primitives, { method: 'peer2', services }));
    internetPort = internet.port;
    const upstream = { did: internet.did, mode, pollIntervalMs: 50 };
    await using local = await open(newIdentity(internet.did), [upstream]);
    const reached = mode === 'live' ? 'live' : 'polling';

    const [alice, bob, carol] = [didcommNodeAgent(), new Agent(), new Agent()];
    await enrol(alice, internet);
    await enrol(bob, local);
    await expect.poll(local.state).toBe(reached);

    const inbound = async (text: string): Promise<void> => {
      const inner = await alice.packForward(text, bob.did, local.did);
      expect((await post(internet, await alice.wrap([inner], local.did, internet.did))).status).toBe(202);
    };
    const outbound = async (text: string): Promise<void> => {
      const inner = await bob.packForward(text, alice.did, internet.did);
      expect((await post(local, await bob.wrap([inner], internet.did, local.did))).status).toBe(202);
    };
    const expected: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (const when of ['before', 'during', 'after']) {
        for (let i = 0; i < 5; i++) {
          const text = `${round} ${when} ${i}`;
          expected.push(text);
          await Promise.all([inbound(text), outbound(text)]);
        }
        if (when === 'before') line.cut();
        if (when === 'during') {
          await expect.poll(local.state).toBe('away');
          const packed = await carol.packForward(`local ${round}`, bob.did, local.did);
          expect((await post(local, packed)).status).toBe(202);
          line.restore();
        }
      }
      await expect.poll(local.state).toBe(reached);
    }

    const messages = async ({ store }: OpenGateway): Promise<number> => (await store.size()).messages;
    await expect.poll(() => messages(local), { timeout: 10_000 }).toBe(expected.length + 4);
    await expect.poll(() => messages(internet), { timeout: 10_000 }).toBe(expected.length);
    const [forAlice, forBob] = [await fetchAll(alice, internet), await fetchAll(bob, local)];
    expect(forAlice.toSorted()).toEqual(expected.toSorted());
    const locals = ['local 0', 'local 1', 'local 2', 'local 3'];
    expect(forBob.toSorted()).toEqual([...expected, ...locals].toSorted());
  },
);

describe('an upstream that has only a WebSocket', () => {
  /** An upstream with Alice, and a gateway with Bob that reaches it through a line. */
  async function openPair(limits: Partial<StoreLimits> = {}) {
    let internetPort = 0;
    const line = await openLineToCut(() => internetPort);
    const services = [{ t: 'dm', s: { uri: `ws://127.0.0.1:${line.port}/` } }];
    const internet = await open(createDid(primitives, { method: 'peer2', services }), [], limits);
    internetPort = internet.port;
    const local = await open(newIdentity(internet.did), [{ did: internet.did, pollIntervalMs: 50 }]);
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(alice, internet);
    await enrol(bob, local);
    await expect.poll(local.state).toBe('live');
    const send = async (text: string): Promise<void> => {
      const inner = await bob.packForward(text, alice.did, internet.did);
      expect((await post(local, await bob.wrap([inner], internet.did, local.did))).status).toBe(202);
    };
    const waiting = async (): Promise<number> => (await local.store.size()).messages;
    return {
      line,
      internet,
      alice,
      send,
      waiting,
      async [Symbol.asyncDispose]() {
        for (const part of [local, internet, line]) await part[Symbol.asyncDispose]();
      },
    };
  }

  test('is sent through, also over a cut: everything arrives once and leaves the queue', async () => {
    await using pair = await openPair();
    const expected: string[] = [];
    for (const when of ['before', 'during', 'after']) {
      if (when === 'during') pair.line.cut();
      for (let i = 0; i < 5; i++) {
        expected.push(`${when} ${i}`);
        await pair.send(`${when} ${i}`);
      }
      if (when === 'during') pair.line.restore();
    }
    await expect.poll(pair.waiting, { timeout: 10_000 }).toBe(0);
    expect((await fetchAll(pair.alice, pair.internet)).toSorted()).toEqual(expected.toSorted());
  });

  test('and is full: what it did not take stays here until it has room', async () => {
    const perDestination = { messages: 1, bytes: 1_000_000 };
    await using pair = await openPair({ perDestination });
    await pair.send('first');
    await expect.poll(pair.waiting, { timeout: 10_000 }).toBe(0);
    await pair.send('second');
    // Longer than it takes to be sent, refused and tried again.
    await sleep(1000);
    expect(await pair.waiting()).toBe(1);
    expect(await fetchAll(pair.alice, pair.internet)).toContain('first');
    await expect.poll(pair.waiting, { timeout: 10_000 }).toBe(0);
    expect(await fetchAll(pair.alice, pair.internet)).toEqual(['second']);
  });
});
