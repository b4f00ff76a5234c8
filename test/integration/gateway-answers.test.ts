import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Agent, acknowledge, CM3, countFor, enrol, fetchFor } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { ENCRYPTED, type HttpAnswer, overHttp, type Remote } from '../support/over-http.js';
import { RawHttp } from '../support/raw-http.js';

/* Every status that a POST to the running program can have, and that it is never a lie. */

let program: Program;
let folder: string;

beforeAll(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-answers-'));
});

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true });
});

async function leave(gateway: Remote, recipient: string, text = 'x'): Promise<HttpAnswer> {
  return gateway.posts.post(await new Agent().packForward(text, recipient, gateway.did));
}

describe('a gateway as shipped', () => {
  let daemon: Daemon;
  let gateway: Remote;
  const bob = new Agent();
  beforeAll(async () => {
    daemon = await startDaemon(program, join(folder, 'shipped'));
    gateway = overHttp(daemon);
    await enrol(bob, gateway);
  });
  afterAll(() => daemon.stop());

  test('202, without a body, for what is stored; and again for the same, which is stored once', async () => {
    const forward = await new Agent().packForward('x', bob.did, gateway.did);
    for (let i = 0; i < 2; i++) {
      expect(await gateway.posts.post(forward)).toMatchObject({ status: 202, text: '' });
      expect(await countFor(bob, gateway)).toBe(1);
    }
  });

  test('200 with the reply, for who asked for return_route', async () => {
    const request = { type: `${CM3}/recipient-query`, return_route: 'all' };
    const answer = await gateway.posts.post(await bob.pack(request, gateway.did));
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': ENCRYPTED } });
  });

  test.each([
    ['what is no JSON', '{'],
    ['what is no message', '{"hello":"world"}'],
    ['a damaged envelope', '{"protected":"e30","ciphertext":"","recipients":[],"iv":"","tag":""}'],
  ])('400 for %s', async (_, body) => {
    expect((await gateway.posts.post(body)).status).toBe(400);
  });

  test('400 for what was made for somebody else, or changed on the way', async () => {
    const other = new Agent();
    const ping = { type: 'https://didcomm.org/trust-ping/2.0/ping' };
    expect((await gateway.posts.post(await bob.pack(ping, other.did))).status).toBe(400);
    const envelope = JSON.parse(await bob.pack(ping, gateway.did)) as { tag: string };
    const changed = { ...envelope, tag: `${envelope.tag[0] === 'A' ? 'B' : 'A'}${envelope.tag.slice(1)}` };
    expect((await gateway.posts.post(JSON.stringify(changed))).status).toBe(400);
  });

  test('403 for a message in the clear', async () => {
    const plain = { typ: 'application/didcomm-plain+json', id: '1', type: `${CM3}/mediate-request`, body: {} };
    expect((await gateway.posts.post(JSON.stringify(plain))).status).toBe(403);
  });

  test('404 for a recipient that nobody registered', async () => {
    expect(await leave(gateway, new Agent().did)).toMatchObject({
      status: 404,
      text: 'The recipient is not registered here.\n',
    });
  });

  test('404 for a recipient that was removed; what waited for it is still delivered', async () => {
    const carol = new Agent();
    await enrol(carol, gateway);
    await leave(gateway, carol.did);
    const updates = [{ recipient_did: carol.did, action: 'remove' }];
    await carol.ask(gateway, { type: `${CM3}/recipient-update`, body: { updates } });
    expect((await leave(gateway, carol.did)).status).toBe(404);
    expect(await fetchFor(carol, gateway)).toHaveLength(1);
  });

  test('415, with what is accepted, for other media types and for compressed bodies', async () => {
    const ping = await bob.pack({ type: 'https://didcomm.org/trust-ping/2.0/ping' }, gateway.did);
    for (const headers of [
      { 'content-type': 'application/json' },
      { 'content-type': 'application/ssi-agent-wire' },
      { 'content-type': ENCRYPTED, 'content-encoding': 'gzip' },
    ]) {
      const answer = await gateway.posts.post(ping, headers as Record<string, string>);
      expect(answer.status).toBe(415);
      expect(answer.headers.accept).toContain(ENCRYPTED);
    }
  });

  test('a page for people, 404 for other paths, 405 for other methods', async () => {
    const page = await fetch(daemon.http);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await fetch(`${daemon.http}/admin`)).status).toBe(404);
    expect((await fetch(daemon.http, { method: 'DELETE' })).status).toBe(405);
  });

  test('400 and a closed connection for what is no HTTP', async () => {
    using raw = new RawHttp(daemon.port);
    raw.write('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n');
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('400 and a closed connection for a request that two servers would read in two ways', async () => {
    using raw = new RawHttp(daemon.port);
    const lengths = 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n';
    raw.write(
      `POST / HTTP/1.1\r\nHost: g\r\nContent-Type: ${ENCRYPTED}\r\n${lengths}\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    );
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a gateway that has no room', () => {
  const roomy = { LIMITS_REQUESTS_PER_SECOND: 10_000, LIMITS_REQUESTS_BURST: 10_000 };

  test('429 with Retry-After for a depositor over its quota; another one is served, and fetching makes room', async () => {
    const settings = { ...roomy, MEDIATION_SENDER_MESSAGES: 2 };
    await using daemon = await startDaemon(program, join(folder, 'depositor'), { settings });
    const gateway = overHttp(daemon);
    const bob = new Agent();
    await enrol(bob, gateway);
    expect([await leave(gateway, bob.did), await leave(gateway, bob.did)]).toMatchObject([
      { status: 202 },
      { status: 202 },
    ]);
    expect(await leave(gateway, bob.did)).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect((await leave(overHttp(daemon, '127.0.0.9'), bob.did)).status).toBe(202);
    expect(await countFor(bob, gateway)).toBe(3);
    await acknowledge(
      bob,
      gateway,
      (await fetchFor(bob, gateway)).map(({ id }) => id),
    );
    expect((await leave(gateway, bob.did)).status).toBe(202);
  });

  test('507 with Retry-After for a full queue; other recipients are served', async () => {
    const settings = { ...roomy, MEDIATION_QUEUE_MESSAGES: 2 };
    await using daemon = await startDaemon(program, join(folder, 'queue'), { settings });
    const gateway = overHttp(daemon);
    const [bob, carol] = [new Agent(), new Agent()];
    await enrol(bob, gateway);
    await enrol(carol, gateway);
    for (let i = 0; i < 2; i++) expect((await leave(gateway, bob.did)).status).toBe(202);
    expect(await leave(gateway, bob.did)).toMatchObject({
      status: 507,
      headers: { 'retry-after': '30' },
      text: 'No room for the message. It was not taken; try again later.\n',
    });
    expect((await leave(gateway, carol.did)).status).toBe(202);
  });

  test('507 for a full store: nothing is given up for it, also over a restart, and fetching makes room', async () => {
    const settings = { ...roomy, STORE_MESSAGES: 1000 };
    const first = await startDaemon(program, join(folder, 'full'), { settings });
    const gateway = overHttp(first);
    const bob = new Agent();
    await enrol(bob, gateway);
    const statuses = new Map<number, number>();
    const count = ({ status }: HttpAnswer) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (let i = 0; i < 20; i++) {
      for (const answer of await Promise.all(Array.from({ length: 51 }, () => leave(gateway, bob.did)))) count(answer);
    }
    const heldCount = statuses.get(202) ?? 0;
    expect([...statuses.keys()].sort()).toEqual([202, 507]);
    expect(heldCount + (statuses.get(507) ?? 0)).toBe(1020);
    expect(await countFor(bob, gateway)).toBe(heldCount);
    await first.kill();

    await using again = await startDaemon(program, join(folder, 'full'), { settings });
    expect((await leave(overHttp(again), bob.did)).status).toBe(507);
    expect(await countFor(bob, overHttp(again))).toBe(heldCount);
    await acknowledge(
      bob,
      overHttp(again),
      (await fetchFor(bob, overHttp(again))).map(({ id }) => id),
    );
    expect((await leave(overHttp(again), bob.did)).status).toBe(202);
  });
});

describe('a gateway that is told to stop', () => {
  const PING = { type: 'https://didcomm.org/trust-ping/2.0/ping' };

  test('answers 503 with Retry-After to what comes then, closes WebSockets, and ends with 0', async () => {
    const daemon = await startDaemon(program, join(folder, 'draining'));
    const gateway = overHttp(daemon);
    const bob = new Agent();
    const line = await bob.connect(gateway);
    await line.send(PING);
    await expect.poll(() => line.inbox.length).toBe(1);
    const ping = await bob.pack(PING, gateway.did);
    const head = `POST / HTTP/1.1\r\nHost: g\r\nContent-Type: ${ENCRYPTED}\r\nContent-Length: ${ping.length}\r\n\r\n`;
    using begun = new RawHttp(daemon.port);
    using idle = new RawHttp(daemon.port);
    await Promise.all([begun.opened, idle.opened]);
    begun.write(`${head}${ping.slice(0, 100)}`);
    // An answer that came after those bytes: they have been read.
    expect((await gateway.posts.post(ping)).status).toBe(202);

    const ended = daemon.stop();
    await expect.poll(() => daemon.log.map(({ event }) => event)).toContain('gateway.stopping');
    idle.write(`${head}${ping}`);
    const refused = /^HTTP\/1\.1 503 [\s\S]*retry-after: 30[\s\S]*Not now\. The message was not taken/i;
    expect(await idle.closed).toMatch(refused);
    begun.write(ping.slice(100));
    expect(await begun.closed).toMatch(refused);
    expect(await ended).toBe(0);
    await line.closed;
    await expect(gateway.posts.post(ping)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('under load: every 202 is stored, every 503 is not', async () => {
    const settings = { LIMITS_REQUESTS_BURST: 10_000, LIMITS_REQUESTS_PER_SECOND: 10_000 };
    const daemon = await startDaemon(program, join(folder, 'stopping'), { settings });
    const gateway = overHttp(daemon);
    const bob = new Agent();
    await enrol(bob, gateway);
    const forwards = await Promise.all(
      Array.from({ length: 200 }, (_, i) => new Agent().packForward(`${i}`, bob.did, gateway.did)),
    );
    let answeredCount = 0;
    const statuses = forwards.map(async (forward) => {
      const { status } = await gateway.posts.post(forward).catch(() => ({ status: 0 }));
      answeredCount++;
      return status;
    });
    await expect.poll(() => answeredCount, { interval: 2 }).toBeGreaterThan(20);
    expect(await daemon.stop()).toBe(0);
    const given = await Promise.all(statuses);
    expect(given.filter((status) => ![202, 503, 0].includes(status))).toEqual([]);
    expect(given.filter((status) => status !== 202).length).toBeGreaterThan(0);

    await using again = await startDaemon(program, join(folder, 'stopping'));
    const stored = await countFor(bob, overHttp(again));
    const answered = (status: number) => given.filter((each) => each === status).length;
    expect(stored).toBeGreaterThanOrEqual(answered(202));
    expect(stored).toBeLessThanOrEqual(answered(202) + answered(0)); // whose connection broke does not know
  });
});
