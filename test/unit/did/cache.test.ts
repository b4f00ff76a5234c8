import { beforeEach, describe, expect, test, vi } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { type CachedMethod, createCachedMethod, type NetworkCacheOptions } from '../../../src/did/network-cache.js';
import { createMemoryMap, type PersistentMap } from '../../../src/did/persistent-map.js';
import { createWebMethod } from '../../../src/did/web.js';
import { createWebvhMethod } from '../../../src/did/webvh.js';
import { createFakeHosts, type FakeHosts } from './web-hosts.js';

const DID = 'did:web:host.example';
const URL = 'https://host.example/.well-known/did.json';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const offline = new WaypostError('ERR_NETWORK', 'no route', { retryable: true });
const documentWith = (key: string) => JSON.stringify({ id: DID, alsoKnownAs: [key] });

let nowMs: number;
let hosts: FakeHosts;
let copies: PersistentMap;
let cache: CachedMethod;

function openCache(options: Partial<NetworkCacheOptions> & { readonly ttlMs?: number } = {}): CachedMethod {
  const web = createWebMethod({ fetchDocument: hosts.fetchDocument, ttlMs: options.ttlMs ?? HOUR });
  return createCachedMethod(web, { clock: { nowMs: () => nowMs }, copies, ...options });
}

/** Requests that reached a host while `action` ran. */
async function requestsDuring(action: () => Promise<unknown>): Promise<number> {
  const before = hosts.asked.length;
  await action();
  return hosts.asked.length - before;
}

beforeEach(() => {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
  hosts = createFakeHosts({ [URL]: documentWith('old') });
  copies = createMemoryMap(100);
  cache = openCache();
});

describe('online', () => {
  test('asks once within the time to live, and gives the same object', async () => {
    const first = await cache.resolve(DID, {});
    nowMs += HOUR - 1;
    expect(await cache.resolve(DID, {})).toBe(first);
    expect(hosts.asked).toEqual([URL]);
  });

  test('asks again after it; the object stays the same while the document does', async () => {
    const first = await cache.resolve(DID, {});
    nowMs += HOUR;
    expect(await cache.resolve(DID, {})).toBe(first);
    expect(hosts.asked).toHaveLength(2);
    hosts.files.set(URL, documentWith('new'));
    nowMs += HOUR;
    expect(await cache.resolve(DID, {})).toMatchObject({ alsoKnownAs: ['new'] });
  });

  test('says how old the answer is', async () => {
    const fetchedAtMs = nowMs;
    await cache.resolve(DID, {});
    nowMs += MINUTE;
    expect(await cache.resolveWithMetadata(DID)).toMatchObject({ document: { id: DID }, stale: false, fetchedAtMs });
  });

  test('shares one request between all who ask at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => cache.resolve(DID, {})));
    expect(new Set(answers).size).toBe(1);
    expect(hosts.asked).toHaveLength(1);
  });

  test('holds an answer for some seconds although its owner says not at all, and for a day at most', async () => {
    cache = openCache({ ttlMs: 0 });
    expect(await requestsDuring(async () => [await cache.resolve(DID, {}), await cache.resolve(DID, {})])).toBe(1);
    nowMs += 5 * SECOND;
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(1);
    cache = openCache({ ttlMs: 1000 * HOUR, copies: createMemoryMap(1) });
    await cache.resolve(DID, {});
    nowMs += 24 * HOUR;
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(1);
  });

  test('asks again when the clock has jumped back', async () => {
    await cache.resolve(DID, {});
    nowMs -= 1;
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(1);
    nowMs -= 10 * 365 * 24 * HOUR;
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(1);
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(0);
  });

  test('refuses a malformed DID each time, and keeps nothing of it', async () => {
    for (let i = 0; i < 2; i++) {
      await expect(cache.resolve('did:web:127.0.0.1', {})).rejects.toEqual(
        expect.objectContaining({ code: 'ERR_DID_MALFORMED' }),
      );
    }
    expect(hosts.asked).toEqual([]);
  });
});

describe('offline', () => {
  test('the last good copy is the answer, marked stale', async () => {
    const fetchedAtMs = nowMs;
    const first = await cache.resolve(DID, {});
    hosts.files.set(URL, offline);
    nowMs += 30 * 24 * HOUR;
    const resolution = await cache.resolveWithMetadata(DID);
    expect(resolution).toMatchObject({ stale: true, fetchedAtMs, problem: { code: 'ERR_DID_UNAVAILABLE' } });
    expect(resolution.document).toBe(first);
    expect(resolution.problem?.cause).toBe(offline);
  });

  test('without a copy it cannot be said now', async () => {
    hosts.files.set(URL, offline);
    await expect(cache.resolve(DID, {})).rejects.toEqual(
      expect.objectContaining({
        code: 'ERR_DID_UNAVAILABLE',
        retryable: true,
        message: expect.stringContaining('no route'),
      }),
    );
  });

  test.each([
    ['with a copy', true],
    ['without one', false],
  ])('the host is left alone for a while, %s, and longer each time, up to ten minutes', async (_name, hasCopy) => {
    if (hasCopy) await cache.resolve(DID, {});
    hosts.files.set(URL, offline);
    nowMs += 2 * HOUR;
    const ask = () => requestsDuring(() => cache.resolve(DID, {}).catch(() => undefined));
    for (const waitMs of [10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * SECOND)) {
      expect(await ask()).toBe(1);
      nowMs += waitMs - 1;
      expect(await ask()).toBe(0);
      nowMs += 1;
    }
    hosts.files.set(URL, documentWith('new'));
    expect(await cache.resolve(DID, {})).toMatchObject({ alsoKnownAs: ['new'] });
    hosts.files.set(URL, offline);
    nowMs += HOUR;
    expect(await ask()).toBe(1);
    nowMs += 10 * SECOND;
    expect(await ask()).toBe(1);
  });

  test('the same holds for a host that answers nonsense', async () => {
    const first = await cache.resolve(DID, {});
    nowMs += HOUR;
    for (const nonsense of ['<html>', JSON.stringify({ id: 'did:web:evil.example' }), 500]) {
      hosts.files.set(URL, nonsense);
      const resolution = await cache.resolveWithMetadata(DID);
      expect(resolution).toMatchObject({ stale: true });
      expect(resolution.document).toBe(first);
      nowMs += HOUR;
    }
    await expect(openCache({ copies: createMemoryMap(1) }).resolve(DID, {})).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE' }),
    );
  });

  test('a defect is passed on and not taken for a network that is away', async () => {
    await cache.resolve(DID, {});
    nowMs += HOUR;
    const defect = new TypeError('defect');
    hosts.files.set(URL, defect);
    await expect(cache.resolve(DID, {})).rejects.toBe(defect);
  });
});

describe('a DID that does not exist', () => {
  test('is asked for again after a minute', async () => {
    hosts.files.set(URL, 404);
    expect(await cache.resolve(DID, {})).toBeUndefined();
    nowMs += MINUTE - 1;
    expect(await requestsDuring(() => cache.resolve(DID, {}))).toBe(0);
    nowMs += 1;
    hosts.files.set(URL, documentWith('new'));
    expect(await cache.resolve(DID, {})).toMatchObject({ alsoKnownAs: ['new'] });
  });

  test('is not shown from an old copy, not offline and not after a restart', async () => {
    await cache.resolve(DID, {});
    nowMs += HOUR;
    hosts.files.set(URL, 410);
    expect(await cache.resolveWithMetadata(DID)).toMatchObject({ document: undefined, stale: false });
    hosts.files.set(URL, offline);
    nowMs += HOUR;
    await expect(cache.resolve(DID, {})).rejects.toEqual(expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE' }));
    await expect(openCache().resolve(DID, {})).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE' }),
    );
  });

  test('comes back when the host shows it again, also with the same document', async () => {
    const first = await cache.resolve(DID, {});
    hosts.files.set(URL, 404);
    nowMs += HOUR;
    await cache.resolve(DID, {});
    hosts.files.set(URL, documentWith('old'));
    nowMs += MINUTE;
    expect(await cache.resolve(DID, {})).toBe(first);
    hosts.files.set(URL, offline);
    expect(await openCache().resolve(DID, {})).toEqual(first);
  });
});

describe('after a restart', () => {
  test('the copy is the answer without asking while it is fresh, and stale when the host is away', async () => {
    const first = await cache.resolve(DID, {});
    hosts.files.set(URL, offline);
    const again = openCache();
    expect(await requestsDuring(async () => expect(await again.resolve(DID, {})).toEqual(first))).toBe(0);
    nowMs += HOUR;
    expect(await openCache().resolveWithMetadata(DID)).toMatchObject({ document: first, stale: true });
  });

  test('a clock that has forgotten the time does not hide the copy', async () => {
    const first = await cache.resolve(DID, {});
    hosts.files.set(URL, offline);
    nowMs = 0;
    expect(await openCache().resolveWithMetadata(DID)).toMatchObject({ document: first, stale: true });
  });

  test.each([
    '',
    'x',
    '{}\n{}',
    '{"fetchedAtMs":0,"isGone":false}',
    '{"fetchedAtMs":0,"isGone":false}\n{"id":"did:web:x"}',
  ])('a damaged copy %j is reported and fetched again', async (entry) => {
    await copies.set(DID, entry);
    const onProblem = vi.fn();
    expect(await openCache({ onProblem }).resolve(DID, {})).toMatchObject({ id: DID });
    expect(onProblem.mock.calls).toEqual([[expect.objectContaining({ message: expect.stringContaining(DID) })]]);
  });

  test('a map that cannot be written or read is reported, and the answer is given', async () => {
    const full = async () => Promise.reject(new WaypostError('ERR_FILE', 'disk full'));
    const onProblem = vi.fn();
    const broken = openCache({ copies: { get: full, set: full }, onProblem });
    expect(await broken.resolve(DID, {})).toMatchObject({ id: DID });
    expect(onProblem).toHaveBeenCalledTimes(2);
  });

  test('what has not changed is written only every six hours', async () => {
    const set = vi.spyOn(copies, 'set');
    for (let hour = 0; hour < 24; hour++, nowMs += HOUR) await cache.resolve(DID, {});
    expect(set).toHaveBeenCalledTimes(4);
    hosts.files.set(URL, documentWith('new'));
    await cache.resolve(DID, {});
    expect(set).toHaveBeenCalledTimes(5);
  });
});

describe('bounds', () => {
  test('one who gives up does not end the request of the others', async () => {
    const abort = new AbortController();
    const impatient = cache.resolve(DID, { signal: abort.signal });
    const patient = cache.resolve(DID, {});
    abort.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(await patient).toMatchObject({ id: DID });
  });

  test('only so many DIDs are asked for at the same time; the next may be tried later', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = createWebMethod({
      fetchDocument: async () => {
        await released;
        return { status: 404, body: new Uint8Array() };
      },
    });
    const busy = createCachedMethod(slow, { clock: { nowMs: () => nowMs }, copies, maxRequests: 2 });
    const running = [busy.resolve('did:web:a.example', {}), busy.resolve('did:web:b.example', {})];
    await expect(busy.resolve('did:web:c.example', {})).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE', retryable: true }),
    );
    release();
    expect(await Promise.all(running)).toEqual([undefined, undefined]);
    expect(await busy.resolve('did:web:c.example', {})).toBeUndefined();
  });

  test('memory is given up by the documents not used for longest, not by the copies', async () => {
    const dids = ['a', 'b', 'c'].map((name) => `did:web:${name}.example`);
    for (const did of dids) {
      const filler = 'x'.repeat(10_000);
      hosts.files.set(`https://${did.slice(8)}/.well-known/did.json`, JSON.stringify({ id: did, filler }));
    }
    const get = vi.spyOn(copies, 'get');
    const small = openCache({ maxChars: 25_000 });
    for (const did of [...dids, dids[2], dids[0]]) await small.resolve(did ?? '', {});
    expect(get).toHaveBeenCalledTimes(4);
    expect(hosts.asked).toHaveLength(3);
  });
});

describe('did:webvh behind the cache', async () => {
  const { createController, createLog, HOST, NOW_MS, toJsonLines, updateLog } = await import('./webvh-logs.js');
  const { createWebvhVerifier } = await import('../../../src/net/webvh-verifier.js');
  const verify = createWebvhVerifier({
    programUrl: new globalThis.URL('../../../src/net/webvh-process.ts', import.meta.url),
  });
  const LOG_URL = `https://${HOST}/.well-known/did.jsonl`;
  const controller = createController();
  const first = await createLog(controller);
  const second = await updateLog(first, controller);
  const { did } = first;
  const openWebvh = () =>
    createCachedMethod(createWebvhMethod({ fetchDocument: hosts.fetchDocument, verify }), {
      clock: { nowMs: () => nowMs },
      copies,
    });

  beforeEach(() => {
    nowMs = NOW_MS;
    hosts.files.set(LOG_URL, toJsonLines(second.log));
  });

  test('opens offline from the kept log, and not from one that was changed', async () => {
    const document = await openWebvh().resolve(did, {});
    hosts.files.set(LOG_URL, offline);
    nowMs = 0;
    expect(await openWebvh().resolveWithMetadata(did)).toMatchObject({ document, stale: true, fetchedAtMs: NOW_MS });
    await copies.set(did, ((await copies.get(did)) ?? '').replace('did.example/dm', 'evil.example'));
    await expect(openWebvh().resolve(did, {})).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE' }),
    );
  });

  test('keeps to the newer version when the host goes back to an older one, also over a restart and an absence', async () => {
    const document = await openWebvh().resolve(did, {});
    hosts.files.set(LOG_URL, toJsonLines(first.log));
    nowMs += HOUR;
    const resolution = await openWebvh().resolveWithMetadata(did);
    expect(resolution).toMatchObject({ document, stale: true, problem: { code: 'ERR_DID_DOCUMENT' } });

    hosts.files.set(LOG_URL, 404);
    nowMs += HOUR;
    expect(await openWebvh().resolve(did, {})).toBeUndefined();
    hosts.files.set(LOG_URL, toJsonLines(first.log));
    nowMs += HOUR;
    await expect(openWebvh().resolve(did, {})).rejects.toEqual(expect.objectContaining({ code: 'ERR_DID_DOCUMENT' }));
  });
});
