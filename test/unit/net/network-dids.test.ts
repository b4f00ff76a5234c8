import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCachedMethod } from '../../../src/did/network-cache.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createWebMethod } from '../../../src/did/web.js';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import { createGuardedFetch } from '../../../src/net/guarded-fetch.js';
import { type LocalServer, listenLocally } from './local-server.js';
import { createSelfSigned } from './self-signed.js';

const certificate = createSelfSigned(['localhost']);
let server: LocalServer;
let did: string;
const served = new Map<string, string>();

beforeAll(async () => {
  server = await listenLocally((request, response) => {
    const body = served.get(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200).end(body);
  }, certificate);
  did = `did:web:localhost%3A${server.port}:a:b`;
});
afterAll(() => server[Symbol.asyncDispose]());

function openWeb(allow: readonly string[]) {
  const policy = createAddressPolicy({ allow });
  const limits = { timeoutMs: 2000, maxBytes: 10_000, maxRedirects: 2 };
  const fetchDocument = createGuardedFetch({ policy, extraCa: [certificate.cert], ...limits });
  const web = createWebMethod({ fetchDocument });
  return createCachedMethod(web, { clock: { nowMs: () => 0 }, copies: createMemoryMap(1) });
}

test('a did:web of this machine resolves over TLS where the policy names the address', async () => {
  served.set('/a/b/did.json', JSON.stringify({ id: did }));
  expect(await openWeb(['127.0.0.1', '::1']).resolve(did, {})).toEqual({ id: did });
  expect(await openWeb(['127.0.0.1', '::1']).resolve(`${did}:c`, {})).toBeUndefined();
});

test('and otherwise cannot be resolved, and the error names the option', async () => {
  const before = server.connections();
  await expect(openWeb([]).resolve(did, {})).rejects.toEqual(
    expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE', message: expect.stringContaining('--allow-address') }),
  );
  expect(server.connections()).toBe(before);
});

test('a document over the limit is unavailable, not gone', async () => {
  served.set('/a/b/did.json', JSON.stringify({ id: did, filler: 'x'.repeat(20_000) }));
  await expect(openWeb(['127.0.0.1', '::1']).resolve(did, {})).rejects.toEqual(
    expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE' }),
  );
});
