import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { OutboundOptions } from '../../../src/net/outbound-connect.js';
import type { Arrival, Channel } from '../../../src/transport/transport.js';
import type { HttpLimits } from '../../../transports/http/limits.js';
import { createHttpTransport } from '../../../transports/http/transport.js';
import { type LocalServer, listenLocally } from '../net/local-server.js';
import { createSelfSigned } from '../net/self-signed.js';
import { localOutbound } from './local.js';

const JWE = '{"protected":"e30","recipients":[],"iv":"","ciphertext":"","tag":""}';
const certificate = createSelfSigned(['station.example']);

let plain: LocalServer;
let tls: LocalServer;
const seen: { url: string; type: string | undefined; body: string }[] = [];

beforeAll(async () => {
  plain = await listenLocally(answer);
  tls = await listenLocally(answer, certificate);
});

afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await tls[Symbol.asyncDispose]();
});

/** What a peer answers is said by the query. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const query = new URL(request.url ?? '/', 'http://peer').searchParams;
    seen.push({
      url: request.url ?? '',
      type: request.headers['content-type'],
      body: Buffer.concat(parts).toString(),
    });
    if (query.has('never')) return;
    const headers = Object.fromEntries([...query].filter(([name]) => name.includes('-') || name === 'location'));
    response.writeHead(Number(query.get('status') ?? 202), { date: 'Thu, 01 Jan 1970 00:00:00 GMT', ...headers });
    if (query.has('gzip')) response.end(gzipSync(query.get('gzip') ?? ''));
    else response.end(query.get('body') ?? '');
  });
}

interface Options {
  readonly outbound?: OutboundOptions;
  readonly limits?: Partial<HttpLimits>;
}

/** Sends to the peer and gives back what arrived in its answer. */
async function send(query: string, options: Options = {}, message = JWE, origin = `http://127.0.0.1:${plain.port}`) {
  await using transport = createHttpTransport({ outbound: localOutbound, ...options });
  await using channel = await transport.dial(`${origin}/?${query}` as `http:${string}`);
  const arrivals: Arrival[] = [];
  const reading = (async () => {
    for await (const arrival of channel) arrivals.push(arrival);
  })();
  let error: unknown;
  try {
    await channel.send(utf8(message));
    await Promise.resolve();
  } catch (thrown) {
    error = thrown;
  }
  await channel[Symbol.asyncDispose]();
  await reading;
  return { error, replies: arrivals.map(({ bytes }) => fromUtf8(bytes)) };
}

const encode = (text: string) => encodeURIComponent(text);

describe('a POST', () => {
  test.each([
    ['application/didcomm-encrypted+json', JWE],
    ['application/didcomm-signed+json', '{"payload":"e30","signatures":[]}'],
    ['application/didcomm-plain+json', '{"id":"1","type":"https://didcomm.org/empty/1.0/empty"}'],
    ['application/didcomm-encrypted+json', 'opaque'],
  ])('names its content %s', async (type, message) => {
    seen.length = 0;
    expect((await send('status=202', {}, message)).error).toBeUndefined();
    expect(seen).toEqual([{ url: '/?status=202', type, body: message }]);
  });

  test.each([200, 201, 202, 204])('is accepted with %i', async (status) => {
    expect(await send(`status=${status}`)).toEqual({ error: undefined, replies: [] });
  });

  test.each([
    [400, false],
    [403, false],
    [404, false],
    [410, false],
    [413, false],
    [415, false],
    [408, true],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [507, true],
    [301, false],
    [308, false],
  ])('is refused with %i, and sent again: %s', async (status, retryable) => {
    const { error } = await send(`status=${status}&location=${encode('/?status=202')}`);
    expect(error).toMatchObject({ code: 'ERR_REFUSED', retryable, message: expect.stringContaining(String(status)) });
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
    ['999999999', 24 * 60 * 60 * 1000],
    ['soon', undefined],
    ['-5', undefined],
  ])('that is refused for now says when to come back: Retry-After %s', async (header, retryAfterMs) => {
    const { error } = await send(`status=503&retry-after=${encode(header)}`);
    expect(error).toMatchObject({ code: 'ERR_REFUSED', retryAfterMs });
  });

  test('to a peer that does not answer is given up', async () => {
    const { error } = await send('never', { limits: { sendTimeoutMs: 100 } });
    expect(error).toMatchObject({ code: 'ERR_NETWORK', retryable: true, message: expect.stringContaining('100 ms') });
  });

  test('goes over connections that are kept', async () => {
    await using transport = createHttpTransport({ outbound: localOutbound });
    await using channel = await transport.dial(`http://127.0.0.1:${plain.port}/`);
    const before = plain.connections();
    for (let i = 0; i < 20; i++) await channel.send(utf8(JWE));
    expect(plain.connections() - before).toBeLessThanOrEqual(2);
  });
});

describe('a reply in the answer', () => {
  test.each([
    ['a message', JWE, 'application/didcomm-encrypted+json', [JWE]],
    ['a message under a general media type', JWE, 'application/json', [JWE]],
    ['a message as the JSON text of a string', JSON.stringify(JWE), 'application/json', [JWE]],
    ['an object that is no message', '{"id":"1"}', 'application/json', []],
    ['a string that is no message', '"ok"', 'application/json', []],
    ['a page', '<html>', 'text/html', []],
    ['nothing', '', 'application/didcomm-encrypted+json', []],
  ])('that is %s', async (_name, body, type, replies) => {
    const query = `status=200&content-type=${encode(type)}&body=${encode(body)}`;
    expect(await send(query)).toEqual({ error: undefined, replies });
  });

  test('to a refused message is read too', async () => {
    const { error, replies } = await send(`status=404&body=${encode(JWE)}`);
    expect(error).toMatchObject({ code: 'ERR_REFUSED' });
    expect(replies).toEqual([JWE]);
  });

  test('that is too large or compressed is not read, and the message counts as accepted', async () => {
    const large = `status=200&body=${encode(JSON.stringify({ ciphertext: 'x'.repeat(2000) }))}`;
    expect(await send(large, { limits: { maxMessageBytes: 1000 } })).toEqual({ error: undefined, replies: [] });
    const gzip = `status=200&content-encoding=gzip&gzip=${encode(JWE)}`;
    expect(await send(gzip)).toEqual({ error: undefined, replies: [] });
  });

  test('waits to be taken before more is sent, so that none is dropped', async () => {
    await using transport = createHttpTransport({ outbound: localOutbound, limits: { maxWaitingReplies: 2 } });
    await using channel: Channel = await transport.dial(
      `http://127.0.0.1:${plain.port}/?status=200&body=${encode(JWE)}`,
    );
    await channel.send(utf8(JWE));
    await channel.send(utf8(JWE));
    const count = seen.length;
    const third = channel.send(utf8(JWE));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.length).toBe(count);
    await channel[Symbol.asyncIterator]().next();
    await third;
    expect(seen.length).toBe(count + 1);
  });
});

describe('redirects', () => {
  test('by 307 are followed with the same message', async () => {
    seen.length = 0;
    expect((await send(`status=307&location=${encode('/?status=202')}`)).error).toBeUndefined();
    expect(seen.map(({ body }) => body)).toEqual([JWE, JWE]);
  });

  test('end', async () => {
    const { error } = await send(`status=307&location=${encode('')}`);
    expect(error).toMatchObject({ code: 'ERR_REFUSED', message: expect.stringContaining('3 times') });
  });

  test.each(['ftp://127.0.0.1/', 'http://['])('to %s are not followed', async (location) => {
    expect((await send(`status=307&location=${encode(location)}`)).error).toMatchObject({ code: 'ERR_REFUSED' });
  });

  test('never lead from https to http', async () => {
    const outbound = { ...localOutbound, extraCa: [certificate.cert], lookup: async () => ['127.0.0.1'] };
    const location = encode(`http://127.0.0.1:${plain.port}/?status=202`);
    const origin = `https://station.example:${tls.port}`;
    const { error } = await send(`status=307&location=${location}`, { outbound }, JWE, origin);
    expect(error).toMatchObject({ code: 'ERR_REFUSED' });
    expect((await send('status=202', { outbound }, JWE, origin)).error).toBeUndefined();
  });
});

describe('the address policy', () => {
  const strict: OutboundOptions = { policy: createAddressPolicy({ allow: [] }) };

  test('counts for strangers', async () => {
    const before = plain.connections();
    const { error } = await send('status=202', { outbound: strict });
    expect(error).toMatchObject({ code: 'ERR_ADDRESS_REFUSED', retryable: false });
    expect(plain.connections()).toBe(before);
  });

  test('does not count for configured origins, but for where they redirect to', async () => {
    const outbound = { ...strict, trustedOrigins: [`http://127.0.0.1:${plain.port}`] };
    expect((await send('status=202', { outbound })).error).toBeUndefined();
    const inside = encode('http://127.0.0.1:1/');
    expect((await send(`status=307&location=${inside}`, { outbound })).error).toMatchObject({
      code: 'ERR_ADDRESS_REFUSED',
    });
  });
});
