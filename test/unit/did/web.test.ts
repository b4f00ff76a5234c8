import { describe, expect, test } from 'vitest';
import { type ErrorCode, WaypostError } from '../../../src/core/errors.js';
import { createWebMethod } from '../../../src/did/web.js';
import { webFolder } from '../../../src/did/web-location.js';
import { createFakeHosts } from './web-hosts.js';

const DID = 'did:web:host.example';
const URL = 'https://host.example/.well-known/did.json';
const code = (expected: ErrorCode) => expect.objectContaining({ code: expected });

describe('the place of a did:web', () => {
  test.each([
    ['host.example', 'https://host.example/.well-known/'],
    ['Host.Example', 'https://host.example/.well-known/'],
    ['host.example:user:alice', 'https://host.example/user/alice/'],
    ['host.example%3A3000:user:alice', 'https://host.example:3000/user/alice/'],
    ['host.example%3a8443', 'https://host.example:8443/.well-known/'],
    ['localhost%3A8443', 'https://localhost:8443/.well-known/'],
    ['xn--fsq.jp:a', 'https://xn--fsq.jp/a/'],
    ['host.example:a%20b', 'https://host.example/a%20b/'],
    ['host.example:%C3%BC', 'https://host.example/%C3%BC/'],
    ['host.example:..a', 'https://host.example/..a/'],
    ['1.2.3.4.example', 'https://1.2.3.4.example/.well-known/'],
  ])('%s is in %s', (id, folder) => {
    expect(webFolder(id, `did:web:${id}`)).toBe(folder);
    // The URL parser has nothing left to reinterpret.
    expect(new globalThis.URL(folder).href).toBe(folder);
  });

  test.each([
    ['no host', ''],
    ['no host before the path', ':a'],
    ['an IPv4 address', '127.0.0.1'],
    ['an IPv4 address in one number', '2130706433'],
    ['an IPv4 address in hexadecimal', '0x7f.1'],
    ['a host that ends in a number', 'host.1'],
    ['a host that ends in an empty hexadecimal number', 'host.0x'],
    ['an IPv6 address', '%5B%3A%3A1%5D'],
    ['a trailing dot', 'host.example.'],
    ['an empty label', 'host..example'],
    ['a label that begins with a hyphen', '-host.example'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example`],
    ['a host of 254 characters', `${'a.'.repeat(126)}aa`],
    ['credentials', 'user%40host.example'],
    ['a slash in the host', 'host.example%2Fx'],
    ['an empty port', 'host.example%3A'],
    ['port 0', 'host.example%3A0'],
    ['a port over 65535', 'host.example%3A65536'],
    ['a port that is no number', 'host.example%3A80a'],
    ['two ports', 'host.example%3A80%3A80'],
    ['an empty segment', 'host.example::a'],
    ['a trailing colon', 'host.example:'],
    ['a dot segment', 'host.example:.'],
    ['a parent segment', 'host.example:a:..'],
    ['an encoded parent segment', 'host.example:%2e%2E'],
    ['an encoded slash', 'host.example:a%2Fb'],
    ['an encoded backslash', 'host.example:a%5Cb'],
    ['an encoded query', 'host.example:a%3Fb'],
    ['an encoded fragment', 'host.example:a%23b'],
    ['an encoded NUL', 'host.example:a%00'],
    ['an encoded line end', 'host.example:a%0D%0A'],
    ['broken UTF-8', 'host.example:%FF'],
  ])('%s is malformed', (_name, id) => {
    expect(() => webFolder(id, `did:web:${id}`)).toThrow(code('ERR_DID_MALFORMED'));
  });
});

describe('did:web', () => {
  const document = { '@context': 'https://www.w3.org/ns/did/v1', id: DID };
  const hosts = createFakeHosts();
  const web = createWebMethod({ fetchDocument: hosts.fetchDocument });
  const serve = (answer: unknown) => {
    const isAnswer = typeof answer === 'string' || typeof answer === 'number' || answer instanceof Error;
    hosts.files.set(URL, isAnswer ? answer : JSON.stringify(answer));
    return web.fetch(DID, undefined, 0);
  };

  test('is the document on the host, good for an hour', async () => {
    expect(await serve(document)).toEqual({ document, source: JSON.stringify(document), ttlMs: 3_600_000 });
  });

  test('can be made again from its source alone', async () => {
    const copy = await serve(document);
    expect(await web.open(DID, copy?.source ?? '', 0)).toEqual(copy);
  });

  test.each([404, 410])('does not exist when the host says %d', async (status) => {
    expect(await serve(status)).toBeUndefined();
  });

  test.each([204, 206, 301, 401, 403, 429, 500, 503])('is unavailable, not gone, at status %d', async (status) => {
    await expect(serve(status)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE', retryable: true }),
    );
  });

  test.each<[string, unknown]>([
    ['another id', { ...document, id: 'did:web:other.example' }],
    ['its id in another case', { ...document, id: 'did:web:Host.example' }],
    ['no id', {}],
    ['a list', [document]],
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['a key without an id', { ...document, verificationMethod: [{ type: 'Multikey' }] }],
    ['deep nesting', `{"id":"${DID}","x":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('is refused with %s', async (_name, answer) => {
    await expect(serve(answer)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
    if (typeof answer === 'string') await expect(web.open(DID, answer, 0)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
  });

  test('is refused when it is not UTF-8', async () => {
    const latin1 = createWebMethod({
      fetchDocument: async () => ({ status: 200, body: Uint8Array.of(0x22, 0xfc, 0x22) }),
    });
    await expect(latin1.fetch(DID, undefined, 0)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
  });

  test('hands on what the network says', async () => {
    const refused = new WaypostError('ERR_ADDRESS_REFUSED', 'no');
    await expect(serve(refused)).rejects.toBe(refused);
  });

  test('asks nobody for a malformed DID', async () => {
    const asked = hosts.asked.length;
    for (const did of ['did:web:127.0.0.1', 'did:web:host.example:..', 'did:web:host.example/path', 'did:web:']) {
      await expect(web.fetch(did, undefined, 0)).rejects.toEqual(code('ERR_DID_MALFORMED'));
    }
    expect(hosts.asked).toHaveLength(asked);
  });
});
