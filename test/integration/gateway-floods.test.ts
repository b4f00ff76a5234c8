import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Agent, countFor, enrol, type Line } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { ENCRYPTED, overHttp } from '../support/over-http.js';
import { RawHttp } from '../support/raw-http.js';

/* Too much, too large, too slow and too many, against the running program with the limits that it is shipped with. */

const MIB = 1024 * 1024;
/** How long others may wait meanwhile, on a machine that runs other tests too. */
const SERVED_MS = 3000;
const BOMB_BYTES = 900_000;
const PING = { type: 'https://didcomm.org/trust-ping/2.0/ping' };
const HEAD = `POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: ${ENCRYPTED}\r\n`;

let program: Program;
let folder: string;
let daemon: Daemon;
/** They begin before everything else and are looked at last, so that nobody waits for them alone. */
let slowHeaders: Promise<SlowPeer>;
let slowBody: Promise<SlowPeer>;

beforeAll(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-floods-'));
  daemon = await startDaemon(program, folder);
  slowHeaders = sendSlowly('POST / HTTP/1.1\r\nHost: gateway\r\n', 'X-Slow: 1\r\n');
  slowBody = sendSlowly(`${HEAD}Content-Length: 1000\r\n\r\n`, 'x');
});

afterAll(async () => {
  await daemon.kill(); // it would wait for the slow ones
  await program.remove();
  await rm(folder, { recursive: true });
});

interface SlowPeer {
  readonly answer: string;
  readonly tookMs: number;
}

async function sendSlowly(beginning: string, then: string): Promise<SlowPeer> {
  using raw = new RawHttp(daemon.port, '127.0.2.1');
  const startMs = performance.now();
  raw.write(beginning);
  return { answer: await raw.drip(then, 500), tookMs: performance.now() - startMs };
}

/** A gateway seen from another address each time: what one source has used up says nothing about the next. */
let lastHost = 1;
function fromNewAddress(): { remote: ReturnType<typeof overHttp>; address: string } {
  const address = `127.0.1.${++lastHost}`;
  return { remote: overHttp(daemon, address), address };
}

/** How long somebody else waits for a ping, ms. */
async function pingMs(): Promise<number> {
  const { remote } = fromNewAddress();
  const startMs = performance.now();
  await new Agent().ask(remote, PING);
  return performance.now() - startMs;
}

describe('too much', () => {
  test('POSTs from one address: 429 with Retry-After after the burst, while others are served', async () => {
    const { remote } = fromNewAddress();
    const packed = await new Agent().pack({ ...PING, body: { response_requested: false } }, daemon.did);
    const flood = Promise.all(Array.from({ length: 1000 }, () => remote.posts.post(packed)));
    const othersMs = [await pingMs(), await pingMs()];
    const answers = await flood;
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 202).length + refused.length).toBe(1000);
    expect(refused.length).toBeGreaterThan(100);
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.text).toBe('Too much from this sender. Try again later.\n');
    expect(Math.max(...othersMs)).toBeLessThan(SERVED_MS);
  });

  test('WebSocket messages from one address: read more slowly, none is lost, while others are served', async () => {
    const mallory = new Agent();
    const { remote } = fromNewAddress();
    const first: Line = await mallory.connect(remote);
    const packed = await mallory.pack({ ...PING, return_route: 'all' }, daemon.did);
    const startMs = performance.now();
    for (let i = 0; i < 600; i++) await first.sendPacked(packed);
    expect(await pingMs()).toBeLessThan(SERVED_MS);
    await expect.poll(() => first.received('ping-response').length, { timeout: 15_000 }).toBe(600);
    // The runtime's WebSocket cannot choose its address, so this is the one of 127.0.0.1: 400 at once, then 100 a second.
    expect(performance.now() - startMs).toBeGreaterThan(1500);
    await first.close();
  });
});

describe('too large', () => {
  test('a body over the limit: 413 with a problem report in the clear', async () => {
    const { remote } = fromNewAddress();
    const answer = await remote.posts.post('x'.repeat(MIB + 1));
    expect(answer.status).toBe(413);
    expect(answer.headers['content-type']).toBe('application/didcomm-plain+json');
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'https://didcomm.org/report-problem/2.0/problem-report',
      body: { code: 'e.p.me.res.storage.message_too_big' },
    });
  });

  test('a body that announces gigabytes: 413 before a byte of it, and the connection closes', async () => {
    using raw = new RawHttp(daemon.port);
    raw.write(`${HEAD}Content-Length: 10000000000\r\n\r\n`);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
  });

  test('a body without an end and without a length: 413 at the limit', async () => {
    using raw = new RawHttp(daemon.port);
    raw.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    expect(await raw.drip(`10000\r\n${'x'.repeat(0x1_00_00)}\r\n`, 1)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('headers over their limit: 431', async () => {
    using raw = new RawHttp(daemon.port);
    raw.write(`${HEAD}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('a WebSocket frame over the limit: closed with 1009', async () => {
    const socket = new WebSocket(daemon.ws);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    socket.send('x'.repeat(MIB + 1));
    expect((await closed).code).toBe(1009);
  });
});

describe('too deep and too wide: 4xx at once, and the gateway is as it was', () => {
  const deep = (open: string, close: string) => open.repeat(BOMB_BYTES / 2) + close.repeat(BOMB_BYTES / 2);
  const kid = (i: number) => ({ header: { kid: `did:example:a#${i}` }, encrypted_key: '' });
  const million = (text: string) =>
    Array(Math.floor(BOMB_BYTES / (text.length + 1)))
      .fill(text)
      .join();
  test.each([
    ['nested arrays', deep('[', ']'), 413],
    ['nested objects', '{"a":'.repeat(BOMB_BYTES / 6) + '}'.repeat(BOMB_BYTES / 6), 413],
    ['unclosed arrays', '['.repeat(BOMB_BYTES), 413],
    ['a wide array', `[${million('[]')}]`, 413],
    [
      'an object with a hundred thousand members',
      `{${Array.from({ length: 99_000 }, (_, i) => `"${i}":0`).join()}}`,
      400,
    ],
    ['a number with a million digits', `{"ciphertext":${'9'.repeat(BOMB_BYTES)}}`, 400],
    ['a million escapes', `{"ciphertext":"${'\\u0000'.repeat(BOMB_BYTES / 6)}","recipients":[]}`, 400],
    ['a hundred thousand recipients', `{"protected":"e30","ciphertext":"","recipients":[${million('{}')}]}`, 413],
    [
      'ten thousand well-formed recipients',
      JSON.stringify({
        protected: 'e30',
        ciphertext: '',
        recipients: Array.from({ length: 10_000 }, (_, i) => kid(i)),
      }),
      400,
    ],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 400],
    ['nothing', '', 400],
  ])('%s', async (_, body, status) => {
    const { remote } = fromNewAddress();
    const startMs = performance.now();
    const answer = await remote.posts.post(body);
    expect(answer.status).toBe(status);
    expect(performance.now() - startMs).toBeLessThan(SERVED_MS);
    expect(await pingMs()).toBeLessThan(SERVED_MS);
  });

  test('a bomb inside an envelope that was made for the gateway: 413', async () => {
    const { remote } = fromNewAddress();
    let nested: unknown = 0;
    for (let depth = 0; depth < 200; depth++) nested = [nested];
    const answer = await remote.posts.post(await new Agent().pack({ ...PING, body: { nested } }, daemon.did));
    expect(answer.status).toBe(413);
  });

  test('a forward with a thousand messages: 413, and none is stored', async () => {
    const { remote } = fromNewAddress();
    const bob = new Agent();
    await enrol(bob, remote);
    const tiny = JSON.stringify({ protected: 'e30', ciphertext: 'x', recipients: [] });
    const forward = await bob.wrap(Array<string>(1000).fill(tiny), bob.did, daemon.did);
    expect((await remote.posts.post(forward)).status).toBe(413);
    expect(await countFor(bob, remote)).toBe(0);
  });

  test('eight bombs at a time, again and again, leave no memory behind', async ({ annotate }) => {
    const { remote } = fromNewAddress();
    const bombs = [deep('[', ']'), `[${million('[]')}]`, `{"a":"${'\\u0000'.repeat(BOMB_BYTES / 6)}"}`];
    const burst = () => Promise.all(Array.from({ length: 8 }, (_, i) => remote.posts.post(bombs[i % 3] ?? '')));
    for (let i = 0; i < 5; i++) await burst();
    const beforeBytes = daemon.residentBytes();
    for (let i = 0; i < 20; i++) await burst();
    const grownBytes = daemon.residentBytes() - beforeBytes;
    await annotate(`${Math.round(beforeBytes / MIB)} MiB and ${Math.round(grownBytes / MIB)} MiB more`);
    expect(grownBytes).toBeLessThan(60 * MIB);
  });
});

describe('too many', () => {
  test('sockets from one address: the 65th is cut without a word, and other addresses are served', async () => {
    const open = Array.from({ length: 64 }, () => new RawHttp(daemon.port, '127.0.3.1'));
    await Promise.all(open.map(({ opened }) => opened));
    expect(await new RawHttp(daemon.port, '127.0.3.1').closed).toBe('');
    expect(await pingMs()).toBeLessThan(SERVED_MS);
    for (const { socket } of open) socket.destroy();
    await Promise.all(open.map(({ closed }) => closed));
    const again = overHttp(daemon, '127.0.3.1');
    await expect.poll(() => new Agent().ask(again, PING).then(({ type }) => type, String)).toMatch(/ping-response$/);
  });

  // In a process of its own: one that was busy before has memory to spare, in which these would not show.
  describe('and silent', () => {
    let fresh: Daemon;
    beforeAll(async () => {
      fresh = await startDaemon(program, join(folder, 'fresh'));
    });
    afterAll(() => fresh.stop());

    test('three thousand idle sockets: 20 KiB each at most, and honest clients are served', async ({ annotate }) => {
      await new Agent().ask(overHttp(fresh), PING);
      const beforeBytes = fresh.residentBytes();
      const sockets = Array.from({ length: 3000 }, (_, i) => new RawHttp(fresh.port, `127.0.4.${1 + (i % 60)}`));
      await Promise.all(sockets.map(({ opened }) => opened));
      const startMs = performance.now();
      await new Agent().ask(overHttp(fresh, '127.0.4.100'), PING);
      expect(performance.now() - startMs).toBeLessThan(SERVED_MS);
      const bytesEach = (fresh.residentBytes() - beforeBytes) / sockets.length;
      await annotate(`${Math.round(bytesEach)} bytes each`);
      expect(sockets.filter(({ socket }) => socket.destroyed)).toEqual([]);
      expect(bytesEach).toBeLessThan(20 * 1024);
      for (const { socket } of sockets) socket.destroy();
      await Promise.all(sockets.map(({ closed }) => closed));
    });

    test('three thousand idle WebSockets: 40 KiB each at most, and honest clients are served', async ({ annotate }) => {
      const beforeBytes = fresh.residentBytes();
      const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n';
      const sockets: RawHttp[] = [];
      // A hundred at a time: more that come in the same moment are told to come again later.
      while (sockets.length < 3000) {
        for (let n = 0; n < 100; n++) {
          const raw = new RawHttp(fresh.port, `127.0.5.${1 + (sockets.length % 60)}`);
          raw.write(`GET / HTTP/1.1\r\nHost: g\r\n${upgrade}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
          sockets.push(raw);
        }
        await expect.poll(() => sockets.every(({ received }) => received.startsWith('HTTP/1.1 101'))).toBe(true);
      }
      const startMs = performance.now();
      await new Agent().ask(overHttp(fresh, '127.0.4.101'), PING);
      expect(performance.now() - startMs).toBeLessThan(SERVED_MS);
      const bytesEach = (fresh.residentBytes() - beforeBytes) / sockets.length;
      await annotate(`${Math.round(bytesEach)} bytes each`);
      expect(bytesEach).toBeLessThan(40 * 1024);
      for (const { socket } of sockets) socket.destroy();
    });
  });
});

describe('too slow, by the limits as shipped', { timeout: 60_000 }, () => {
  test('headers that take longer than 10 s: 408, and cut', async () => {
    const { answer, tookMs } = await slowHeaders;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(tookMs).toBeLessThan(15_000);
  });

  test('a body that takes longer than 30 s: 408, and cut', async () => {
    const { answer, tookMs } = await slowBody;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(tookMs).toBeLessThan(40_000);
  });
});
