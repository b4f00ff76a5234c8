import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import type { Arrival } from '../../../src/transport/transport.js';
import { acceptAll, ENCRYPTED, openStation, post, RawConnection, until } from './http-support.js';

const HEAD = `POST / HTTP/1.1\r\nHost: station\r\nContent-Type: ${ENCRYPTED}\r\n`;

describe('the size of a body', () => {
  test('is judged by Content-Length before a byte is read, and the peer gets to see the answer', async () => {
    await using station = await openStation(acceptAll, { maxMessageBytes: 1000 });
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 1000000000\r\n\r\n`);
    expect(await raw.until(/\r\n\r\n.*\n/)).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
    expect(station.arrivals).toHaveLength(0);
  });

  test('is judged while reading where there is none', async () => {
    await using station = await openStation(acceptAll, { maxMessageBytes: 1000 });
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 3; i++) raw.write(`190\r\n${'x'.repeat(400)}\r\n`);
    expect(await raw.until(/\r\n\r\n.*\n/)).toMatch(/^HTTP\/1\.1 413 /);
    expect(station.arrivals).toHaveLength(0);
  });

  test('is refused without an invitation to send it', async () => {
    await using station = await openStation(acceptAll, { maxMessageBytes: 1000 });
    using large = new RawConnection(station.port);
    large.write(`${HEAD}Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n`);
    expect(await large.until(/\r\n\r\n.*\n/)).toMatch(/^HTTP\/1\.1 413 /);
    using fitting = new RawConnection(station.port);
    fitting.write(`${HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
    await fitting.until(/^HTTP\/1\.1 100 /);
    fitting.write('{}');
    await fitting.until(/HTTP\/1\.1 202 /);
  });

  test('a peer that has to send all of it first still sees 413, and a problem report', async () => {
    const report = '{"id":"1","type":"https://didcomm.org/report-problem/2.0/problem-report"}';
    const codes: string[] = [];
    await using station = await openStation(
      acceptAll,
      { maxMessageBytes: 1000 },
      {
        problemReport: ({ code }) => {
          codes.push(code);
          return utf8(report);
        },
      },
    );
    const answer = await post(station.url, 'x'.repeat(200_000));
    expect(answer).toMatchObject({ status: 413, text: report });
    expect(answer.headers['content-type']).toBe('application/didcomm-plain+json');
    expect(codes).toEqual(['ERR_TOO_LARGE']);
  });

  test('a peer that goes on sending after 413 is cut', async () => {
    await using station = await openStation(acceptAll, { maxMessageBytes: 1000 });
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 1000000000\r\n\r\n`);
    const flood = setInterval(() => raw.write('x'.repeat(100_000)), 1);
    try {
      expect(await raw.closed).toMatch(/^HTTP\/1\.1 413 /);
    } finally {
      clearInterval(flood);
    }
  });

  test('all open bodies together have a limit', async () => {
    const held: Arrival[] = [];
    const hold = async (arrival: Arrival) => void held.push(arrival);
    await using station = await openStation(hold, { maxMessageBytes: 1000, maxOpenBytes: 1500 });
    const first = post(station.url, 'x'.repeat(1000));
    await until('the first arrival', () => held.length === 1);
    expect(await post(station.url, 'x'.repeat(1000))).toMatchObject({ status: 503 });
    await held[0]?.accept();
    expect((await first).status).toBe(202);
    const third = post(station.url, 'x'.repeat(1000));
    await until('the third arrival', () => held.length === 2);
    await held[1]?.accept();
    expect((await third).status).toBe(202);
  });
});

describe('the number of requests', () => {
  test('of one source has a rate; what is over it is told when to come back', async () => {
    let nowMs = 0;
    const limits = { requestRate: { perSecond: 0.5, burst: 3 } };
    await using station = await openStation(acceptAll, limits, { now: () => nowMs });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await post(station.url, '{}')).status);
    expect(statuses).toEqual([202, 202, 202, 429, 429]);
    expect((await post(station.url, '{}')).headers['retry-after']).toBe('2');
    nowMs = 2000;
    expect((await post(station.url, '{}')).status).toBe(202);
    expect(station.arrivals).toHaveLength(4);
  });

  test('that are open at one time has a limit', async () => {
    const held: Arrival[] = [];
    await using station = await openStation(async (arrival) => void held.push(arrival), { maxOpenRequests: 2 });
    const open = [post(station.url, '{}'), post(station.url, '{}')];
    await until('two arrivals', () => held.length === 2);
    expect(await post(station.url, '{}')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    for (const arrival of held) await arrival.accept();
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([202, 202]);
  });

  test('a flood of large bodies leaves nothing behind', async () => {
    await using station = await openStation(acceptAll, {
      maxMessageBytes: 1000,
      maxOpenRequests: 50,
      maxConnectionsPerSource: 500,
    });
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(station.url, 'x'.repeat(5000))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]));
    // Every place is free again: as many as may be open at one time are taken.
    const after = await Promise.all(Array.from({ length: 50 }, () => post(station.url, '{}')));
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([202]));
  });
});

describe('slow peers', () => {
  test('headers that do not come to an end are answered 408 and cut', async () => {
    await using station = await openStation(acceptAll, { headersTimeoutMs: 100, requestTimeoutMs: 100 });
    using raw = new RawConnection(station.port);
    raw.write('POST / HTTP/1.1\r\nHost: station\r\n');
    const drip = setInterval(() => raw.write('X-Slow: 1\r\n'), 10);
    try {
      expect(await raw.closed).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
    }
  });

  test('a body that does not come to an end is answered 408 and cut, and its place is free again', async () => {
    const limits = { headersTimeoutMs: 100, requestTimeoutMs: 150, maxOpenRequests: 1 };
    await using station = await openStation(acceptAll, limits);
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => raw.write('x'), 10);
    try {
      expect(await raw.closed).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
    }
    expect(station.arrivals).toHaveLength(0);
    expect((await post(station.url, '{}')).status).toBe(202);
  });

  test('a body that breaks off brings no arrival, and its place is free again', async () => {
    await using station = await openStation(acceptAll, { maxOpenRequests: 1 });
    const raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 1000\r\n\r\nxxx`);
    await once(raw.socket, 'connect');
    await until('the request being open', () => raw.socket.bytesWritten > 100);
    raw.socket.destroy();
    await expect.poll(async () => (await post(station.url, '{}')).status).toBe(202);
  });

  test('headers over their limit are answered 431', async () => {
    await using station = await openStation(acceptAll, { maxHeaderBytes: 2048 });
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}X-Large: ${'x'.repeat(4000)}\r\n\r\n`);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('what is no HTTP is answered 400 and cut', async () => {
    await using station = await openStation(acceptAll);
    using raw = new RawConnection(station.port);
    raw.write('\x16\x03\x01\x02\x00 not http\r\n\r\n');
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('connections', () => {
  test('of one source have a limit; the others are cut, and closing one makes room', async () => {
    await using station = await openStation(acceptAll, { maxConnectionsPerSource: 3 });
    const open = [1, 2, 3].map(() => new RawConnection(station.port));
    await Promise.all(open.map(({ socket }) => once(socket, 'connect')));
    using fourth = new RawConnection(station.port);
    expect(await fourth.closed).toBe('');
    for (const connection of open) connection.socket.destroy();
    await expect.poll(async () => (await post(station.url, '{}').catch(() => undefined))?.status).toBe(202);
  });

  test('of all sources have a limit', async () => {
    await using station = await openStation(acceptAll, { maxConnections: 2 });
    const open = [1, 2].map(() => new RawConnection(station.port));
    await Promise.all(open.map(({ socket }) => once(socket, 'connect')));
    using third = new RawConnection(station.port);
    expect(await third.closed).toBe('');
    for (const connection of open) connection.socket.destroy();
  });

  test('a thousand that are idle are in nobody’s way', async () => {
    await using station = await openStation(acceptAll, { maxConnectionsPerSource: 2000 });
    const idle = Array.from({ length: 1000 }, () => new RawConnection(station.port));
    await Promise.all(idle.map(({ socket }) => once(socket, 'connect')));
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(station.url, '{}')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(performance.now() - startMs).toBeLessThan(2000);
    for (const connection of idle) connection.socket.destroy();
  });

  test('that are kept alive and unused are closed', async () => {
    await using station = await openStation(acceptAll, { keepAliveTimeoutMs: 50 });
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 202 /);
  });
});

describe('draining', () => {
  test('open requests finish, new ones are answered 503, and then the port is closed', async () => {
    const held: Arrival[] = [];
    await using station = await openStation(async (arrival) => void held.push(arrival));
    const open = post(station.url, '{}');
    await until('the arrival', () => held.length === 1);
    const stopped = station.stop();
    const late = await post(station.url, '{}');
    expect(late.status).toBe(503);
    expect(late.headers).toMatchObject({ 'retry-after': '30', connection: 'close' });
    await held[0]?.accept();
    expect((await open).status).toBe(202);
    await stopped;
    await expect(post(station.url, '{}')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('lets a large reply get out', async () => {
    const reply = utf8(JSON.stringify({ ciphertext: 'x'.repeat(8_000_000) }));
    const held: Arrival[] = [];
    await using station = await openStation(async (arrival) => void held.push(arrival));
    using raw = new RawConnection(station.port);
    raw.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await until('the arrival', () => held.length === 1);
    raw.socket.pause();
    const stopped = station.stop();
    await held[0]?.accept(reply);
    setTimeout(() => raw.socket.resume(), 50);
    await stopped;
    expect((await raw.closed).length).toBeGreaterThan(reply.length);
  });

  test('does not wait for ever for what is never settled', async () => {
    await using station = await openStation(async () => undefined, { drainTimeoutMs: 50 });
    const open = post(station.url, '{}');
    await until('the arrival', () => station.arrivals.length === 1);
    await station.stop();
    expect((await open).status).toBe(503);
  });
});

describe('the address of a client', () => {
  const forwarded = { 'content-type': ENCRYPTED, 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };

  test('is that of the socket, whatever a header says', async () => {
    await using station = await openStation(acceptAll);
    await post(station.url, '{}', forwarded);
    expect(station.sources).toEqual(['http://127.0.0.1']);
  });

  test('is what a trusted proxy says, and no more than that', async () => {
    await using station = await openStation(acceptAll, {}, { trustedProxies: ['127.0.0.0/8'] });
    await post(station.url, '{}', forwarded);
    expect(station.sources).toEqual(['http://198.51.100.7']);
  });

  test('counts for the rate, so that one client behind a proxy cannot use up that of another', async () => {
    const limits = { requestRate: { perSecond: 0.001, burst: 1 } };
    await using station = await openStation(acceptAll, limits, { trustedProxies: ['127.0.0.1'] });
    const from = (client: string) => post(station.url, '{}', { 'content-type': ENCRYPTED, 'x-forwarded-for': client });
    expect((await from('198.51.100.1')).status).toBe(202);
    expect((await from('198.51.100.1')).status).toBe(429);
    expect((await from('198.51.100.2')).status).toBe(202);
    expect((await from('2001:db8:1:2:3::4')).status).toBe(202);
    expect((await from('2001:db8:1:2:ffff::4')).status).toBe(429);
  });
});
