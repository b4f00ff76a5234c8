import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { ErrorCode } from '../../../src/core/errors.js';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { Lookup } from '../../../src/net/guarded-connect.js';
import { createGuardedFetch, type GuardedFetchOptions } from '../../../src/net/guarded-fetch.js';
import { type LocalServer, listenLocally } from './local-server.js';
import { createSelfSigned } from './self-signed.js';

const certificate = createSelfSigned(['localhost', 'host.example', 'other.example']);

/** Every name leads to this machine, as far as the fetch can tell. */
const everythingIsLocal: Lookup = async () => ['127.0.0.1'];

let tls: LocalServer;
let plain: LocalServer;

beforeAll(async () => {
  tls = await listenLocally(answer, certificate);
  plain = await listenLocally(answer);
});

afterAll(async () => {
  await tls[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
});

/** What the server does is said by the path. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://server');
  switch (url.pathname) {
    case '/redirect':
      response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end('moved'.repeat(10_000));
      break;
    case '/loop':
      response.writeHead(307, { location: '/loop' }).end();
      break;
    case '/large':
      response.writeHead(200);
      for (let i = 0; i < 64; i++) response.write(Buffer.alloc(1024));
      response.end();
      break;
    case '/announces-much':
      response.writeHead(200, { 'content-length': '1000000000' });
      response.write('x');
      break;
    case '/gzip':
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000)));
      break;
    case '/never':
      break;
    case '/stalls':
      response.writeHead(200).write('a first part');
      break;
    case '/missing':
      response.writeHead(404).end('no');
      break;
    default:
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
      response.end(JSON.stringify({ path: request.url, headers: request.headers }));
  }
}

function fetchWith(options: Partial<GuardedFetchOptions> & { allow?: readonly string[] } = {}) {
  return createGuardedFetch({
    policy: createAddressPolicy({ allow: options.allow ?? ['127.0.0.1'] }),
    lookup: everythingIsLocal,
    extraCa: [certificate.cert],
    timeoutMs: 2000,
    maxBytes: 16 * 1024,
    maxRedirects: 3,
    ...options,
  });
}

const code = (expected: ErrorCode) => expect.objectContaining({ code: expected });

describe('an allowed request', () => {
  test('brings status, headers, body and where it ended', async () => {
    const response = await fetchWith()(`https://host.example:${tls.port}/a/did.json?x=1`, {
      accept: 'application/did',
    });
    const seen = JSON.parse(fromUtf8(response.body));
    expect(response.status).toBe(200);
    expect(response.finalUrl).toBe(`https://host.example:${tls.port}/a/did.json?x=1`);
    expect(response.headers).toMatchObject({ 'content-type': 'application/json', 'set-cookie': 'a=1, b=2' });
    expect(seen.path).toBe('/a/did.json?x=1');
    expect(seen.headers).toMatchObject({ accept: 'application/did', 'accept-encoding': 'identity' });
    expect(seen.headers).not.toHaveProperty('cookie');
  });

  test('gives other statuses back as answers', async () => {
    expect((await fetchWith()(`https://host.example:${tls.port}/missing`)).status).toBe(404);
  });

  test('may use http where the policy names the address', async () => {
    expect((await fetchWith()(`http://127.0.0.1:${plain.port}/`)).status).toBe(200);
  });

  test('follows redirects, also to another host', async () => {
    const to = `https://other.example:${tls.port}/end`;
    const response = await fetchWith()(`https://host.example:${tls.port}/redirect?to=${encodeURIComponent(to)}`);
    expect(response.finalUrl).toBe(to);
    expect(JSON.parse(fromUtf8(response.body)).path).toBe('/end');
  });

  test('goes to the allowed addresses of a name and passes over the others', async () => {
    const lookup: Lookup = async () => ['10.0.0.1', '127.0.0.1', '::1'];
    expect((await fetchWith({ lookup })(`https://host.example:${tls.port}/`)).status).toBe(200);
  });
});

describe('an address that is not allowed', () => {
  test.each([
    ['a literal address', 'https://127.0.0.1:PORT/'],
    ['hexadecimal', 'https://0x7f.1:PORT/'],
    ['one number', 'https://2130706433:PORT/'],
    ['a short form', 'https://127.1:PORT/'],
    ['octal', 'https://0177.0.0.1:PORT/'],
    ['full-width digits', 'https://１２７.0.0.1:PORT/'],
    ['a trailing dot', 'https://127.0.0.1.:PORT/'],
    ['IPv4-mapped IPv6', 'https://[::ffff:127.0.0.1]:PORT/'],
    ['IPv6 loopback', 'https://[::1]:PORT/'],
    ['a name', 'https://host.example:PORT/'],
    ['a local name with a trailing dot', 'https://localhost.:PORT/'],
  ])('is refused when spelled as %s, before any connection', async (_name, url) => {
    const before = tls.connections();
    await expect(fetchWith({ allow: [] })(url.replace('PORT', String(tls.port)))).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_ADDRESS_REFUSED', message: expect.stringContaining('--allow-address') }),
    );
    expect(tls.connections()).toBe(before);
  });

  test('is refused when the operating system resolves a name to it', async () => {
    const guarded = createGuardedFetch({
      policy: createAddressPolicy({ allow: [] }),
      timeoutMs: 2000,
      maxBytes: 1024,
      maxRedirects: 0,
    });
    await expect(guarded(`https://localhost:${tls.port}/`)).rejects.toEqual(code('ERR_ADDRESS_REFUSED'));
  });

  test('is refused as the target of a redirect', async () => {
    const lookup: Lookup = async (hostname) => (hostname === 'host.example' ? ['127.0.0.1'] : ['192.168.0.1']);
    for (const to of ['https://inside.example/', 'https://169.254.169.254/latest/meta-data', 'https://[fe80::1]/']) {
      await expect(
        fetchWith({ lookup })(`https://host.example:${tls.port}/redirect?to=${encodeURIComponent(to)}`),
      ).rejects.toEqual(code('ERR_ADDRESS_REFUSED'));
    }
  });

  test('is refused when a name changes its address between two requests', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const guarded = fetchWith({ lookup: async () => answers.shift() ?? [] });
    const url = `https://host.example:${tls.port}/`;
    expect((await guarded(url)).status).toBe(200);
    await expect(guarded(url)).rejects.toEqual(code('ERR_ADDRESS_REFUSED'));
  });

  test('is judged once: the name is not resolved again to connect', async () => {
    const lookup = vi.fn(everythingIsLocal);
    await fetchWith({ lookup })(`https://host.example:${tls.port}/`);
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  test('is looked at again on the open socket, before anything is asked', async () => {
    const requests = vi.fn();
    await using server = await listenLocally(requests, certificate);
    const verdicts = [true, false];
    const policy = { ...createAddressPolicy({ allow: [] }), check: () => verdicts.shift() ?? false };
    await expect(fetchWith({ policy })(`https://host.example:${server.port}/`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_ADDRESS_REFUSED', message: expect.stringContaining('led to "127.0.0.1"') }),
    );
    expect(requests).not.toHaveBeenCalled();
  });

  test('is, without encryption, every address that the policy does not name', async () => {
    const lookup: Lookup = async () => ['93.184.215.14'];
    await expect(fetchWith({ lookup })('http://host.example/')).rejects.toEqual(code('ERR_ADDRESS_REFUSED'));
  });
});

describe('limits', () => {
  test.each(['/large', '/announces-much'])('a body over the limit is refused: %s', async (path) => {
    await expect(fetchWith()(`https://host.example:${tls.port}${path}`)).rejects.toEqual(code('ERR_TOO_LARGE'));
  });

  test('a request can lower the limit and not raise it', async () => {
    const url = `https://host.example:${tls.port}/`;
    await expect(fetchWith()(url, { maxBytes: 10 })).rejects.toEqual(code('ERR_TOO_LARGE'));
    await expect(fetchWith({ maxBytes: 10 })(url, { maxBytes: 1000 })).rejects.toEqual(code('ERR_TOO_LARGE'));
  });

  test('a compressed answer is refused', async () => {
    await expect(fetchWith()(`https://host.example:${tls.port}/gzip`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_NETWORK', retryable: false }),
    );
  });

  test.each(['/never', '/stalls'])('a server that takes too long is given up: %s', async (path) => {
    await expect(fetchWith({ timeoutMs: 100 })(`https://host.example:${tls.port}${path}`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_NETWORK', retryable: true, message: expect.stringContaining('100 ms') }),
    );
  });

  test('a resolver that takes too long is given up', async () => {
    const lookup: Lookup = () => new Promise(() => undefined);
    await expect(fetchWith({ lookup, timeoutMs: 100 })('https://host.example/')).rejects.toEqual(code('ERR_NETWORK'));
  });

  test('redirects end', async () => {
    await expect(fetchWith()(`https://host.example:${tls.port}/loop`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_NETWORK', retryable: false }),
    );
  });

  test('the caller can give up, and gets its own reason', async () => {
    const reason = new Error('enough');
    await expect(fetchWith()('https://host.example/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const running = fetchWith()(`https://host.example:${tls.port}/never`, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
  });
});

describe('what cannot be fetched', () => {
  test.each([
    '',
    'host.example',
    'ftp://host.example/',
    'file:///etc/passwd',
    'data:,x',
    'https://me:secret@host.example/',
  ])('the URL %j is an invalid argument', async (url) => {
    await expect(fetchWith()(url)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'));
  });

  test.each([
    'ftp://host.example/',
    'file:///etc/passwd',
    'https://me:secret@host.example/',
    'http://127.0.0.1/',
    'https://[',
  ])('a redirect to %j is not followed', async (to) => {
    await expect(fetchWith()(`https://host.example:${tls.port}/redirect?to=${encodeURIComponent(to)}`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_NETWORK', retryable: false }),
    );
  });

  test('a host without an address, or without a server, may be tried again', async () => {
    for (const options of [
      { lookup: async () => [] },
      { lookup: async () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })) },
    ]) {
      await expect(fetchWith(options)('https://host.example/')).rejects.toEqual(
        expect.objectContaining({ code: 'ERR_NETWORK', retryable: true }),
      );
    }
    const closed = await listenLocally(() => undefined);
    await closed[Symbol.asyncDispose]();
    await expect(fetchWith()(`https://host.example:${closed.port}/`)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_NETWORK', message: expect.stringContaining('ECONNREFUSED') }),
    );
  });

  test('a certificate for another name, or from an unknown authority, is no answer', async () => {
    await expect(fetchWith()(`https://stranger.example:${tls.port}/`)).rejects.toEqual(code('ERR_NETWORK'));
    await expect(fetchWith({ extraCa: [] })(`https://host.example:${tls.port}/`)).rejects.toEqual(code('ERR_NETWORK'));
  });
});
