import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { staticDocuments } from '../../src/did/document.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { Agent, enrol } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { documentParty, envelopesFor } from '../support/interop-parties.js';
import { overHttp, type Remote } from '../support/over-http.js';
import { newIdentity, primitives, resolver } from '../support/station.js';

/* Where the running program can be made to send requests to, by people who name addresses in their DIDs: nowhere private. */

const PING = { type: 'https://didcomm.org/trust-ping/2.0/ping' };

let program: Program;
let folder: string;
let daemon: Daemon;
let gateway: Remote;
/** What somebody has running on the machine of the gateway and nobody else should reach. */
let victim: http.Server;
let victimPort: number;
let connections = 0;

beforeAll(async () => {
  victim = http.createServer((request, response) => {
    request.resume();
    response.writeHead(202).end();
  });
  victim.on('connection', () => {
    connections++;
  });
  victim.listen(0);
  await once(victim, 'listening');
  victimPort = (victim.address() as AddressInfo).port;
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-outbound-'));
  daemon = await startDaemon(program, join(folder, 'strict'), { settings: { LOG_LEVEL: 'debug' } });
  gateway = overHttp(daemon);
});

afterAll(async () => {
  await daemon.stop();
  victim.closeAllConnections();
  victim.close();
  await program.remove();
  await rm(folder, { recursive: true });
});

/** Why the answer to somebody with this endpoint was not pushed there. */
async function whyNotPushedTo(uri: string): Promise<unknown> {
  const agent = new Agent(newIdentity(uri));
  const seen = daemon.log.length;
  // Without return_route, so that the answer goes to the endpoint.
  expect((await agent.post(gateway, PING)).outcome).toBe('202');
  const failures = () =>
    daemon.log.slice(seen).filter(({ event }) => event === 'forwarder.failed' || event === 'forwarder.refused');
  await expect.poll(failures).not.toEqual([]);
  return failures()[0]?.code;
}

describe('an endpoint that leads to a private address', () => {
  test.each([
    ['loopback', 'http://127.0.0.1:PORT/'],
    ['loopback, written as a number', 'http://2130706433:PORT/'],
    ['loopback, in hexadecimal and short', 'http://0x7f.1:PORT/'],
    ['loopback by name', 'http://localhost:PORT/'],
    ['loopback by IPv6', 'http://[::1]:PORT/'],
    ['loopback by IPv4 in IPv6', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['this machine by 0.0.0.0', 'http://0.0.0.0:PORT/'],
    ['loopback by WebSocket', 'ws://127.0.0.1:PORT/'],
    ['the metadata service of a cloud', 'http://169.254.169.254/latest/meta-data'],
    ['the neighbourhood', 'http://192.168.1.1/'],
  ])('%s: 202, nothing is sent there, and the answer stays queued with the reason', async (_, uri) => {
    const before = connections;
    expect(await whyNotPushedTo(uri.replace('PORT', String(victimPort)))).toBe('ERR_ADDRESS_REFUSED');
    expect(connections).toBe(before);
  });

  test('the operator is told which message waits, and why', async () => {
    const data = ['--data', join(folder, 'strict'), '--json'];
    const agent = new Agent(newIdentity('http://10.1.2.3/'));
    await agent.post(gateway, PING);
    const { stdout: shown } = await program.run('queue', 'show', `out:${resolver.canonical(agent.did)}`, ...data);
    const [{ id = '' } = {}] = JSON.parse(shown) as { id?: string }[];
    const why = async () => JSON.parse((await program.run('queue', 'why', id, ...data)).stdout) as unknown;
    await expect.poll(why, { interval: 300 }).toMatchObject({
      fate: { state: 'queued' },
      progress: { state: 'waiting', lastError: expect.stringContaining('10.1.2.3'), nextTryInMs: expect.any(Number) },
    });
  });

  test('that the operator allows: it is pushed', async () => {
    const args = ['--allow-address', '127.0.0.0/8'];
    await using lenient = await startDaemon(program, join(folder, 'lenient'), { args });
    const before = connections;
    const agent = new Agent(newIdentity(`http://127.0.0.1:${victimPort}/`));
    expect((await agent.post(overHttp(lenient), PING)).outcome).toBe('202');
    await expect.poll(() => connections).toBe(before + 1);
  });
});

describe('a DID on the web that leads to a private address', () => {
  /** Somebody with a did:web whose document only he himself knows. */
  function webAgent(host: string): Agent {
    const did = `did:web:${host.replace(':', '%3A')}`;
    const party = documentParty(primitives, did, { agreement: ['X25519'], signature: ['Ed25519'] });
    const documents = staticDocuments([party.document]);
    const own = createDidResolver({ primitives, longForms: createMemoryMap(10), documents });
    const envelopes = envelopesFor(primitives, own, party.secrets);
    return new Agent({ did, secrets: [...party.secrets], document: party.document } as never, {
      async pack(message, from, to) {
        const mode = from === undefined ? ({ mode: 'anon' } as const) : ({ mode: 'auth', from } as const);
        return (await envelopes.pack(message, { ...mode, to: [to] }))[0]?.packed ?? '';
      },
      unpack: async (packed) => (await envelopes.unpack(packed)).message,
    });
  }

  test('as a sender, by address: 400, and no request goes there', async () => {
    const before = connections;
    const answer = await gateway.posts.post(await webAgent(`127.0.0.1:${victimPort}`).pack(PING, gateway.did));
    expect(answer).toMatchObject({ status: 400, reply: undefined });
    expect(connections).toBe(before);
  });

  test('as a sender, by name: 503 as for a name that does not exist, and no request goes there', async () => {
    const before = connections;
    const answers = [];
    for (const host of [`localhost:${victimPort}`, 'does-not-exist.invalid']) {
      const { status, text, reply } = await gateway.posts.post(await webAgent(host).pack(PING, gateway.did));
      answers.push({ status, text, reply });
    }
    // The same, so that nobody can ask the gateway which names there are inside.
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ status: 503, reply: undefined });
    expect(connections).toBe(before);
  });

  test.each([
    ['by address', () => `127.0.0.1:${victimPort}`],
    ['by name', () => `localhost:${victimPort}`],
  ])('as `next`, %s, from somebody with an account: 404, and no request goes there', async (_, host) => {
    const before = connections;
    const member = new Agent();
    await enrol(member, gateway);
    const line = await member.connect(gateway);
    await line.send(PING);
    await expect.poll(() => line.inbox.length).toBe(1);
    const inner = await member.pack(PING, gateway.did);
    await line.sendPacked(await member.wrap([inner], `did:web:${host().replace(':', '%3A')}`, gateway.did));
    const packed = await member.wrap([inner], `did:web:${host().replace(':', '%3A')}`, gateway.did);
    expect((await gateway.posts.post(packed)).status).toBe(404);
    await line.send(PING);
    await expect.poll(() => line.received('ping-response').length).toBe(2);
    expect(connections).toBe(before);
    await line.close();
  });
});
