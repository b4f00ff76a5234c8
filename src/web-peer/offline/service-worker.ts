/*
 * Keeps the page in the browser, so that it opens without the gateway. One version of the page is one cache: it is fetched
 * whole, compared with the hashes that the build wrote down, and used as long as this worker is; so files of two versions never meet.
 */

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** What is used of a service worker's global scope; TypeScript's types for it exclude those of pages. */
interface WorkerScope {
  readonly location: Location;
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** Written in by the build: each file by its path beside this one, `./` being the page itself. */
declare const FILES: readonly { readonly path: string; readonly integrity: string }[];
/** Differs with any of the files. */
declare const VERSION: string;

const PREFIX = 'waypost-web-peer-';
const CACHE = PREFIX + VERSION;
const scope = globalThis as unknown as WorkerScope;
const page = new URL('./', scope.registration.scope).href;

scope.addEventListener('install', (event) => event.waitUntil(keepAll()));
scope.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
scope.addEventListener('message', ({ data }) => {
  // The page asks its owner first.
  if (data === 'use-this-version') void scope.skipWaiting();
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(page)) event.respondWith(answer(request));
});

/** All or nothing. A file that is not as the build left it fails the installation, and the version before stays. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(
    FILES.map(({ path, integrity }) => new Request(new URL(path, page), { integrity, cache: 'no-cache' })),
  );
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  // Each file is here in one form, whatever form was asked for.
  const asked = request.mode === 'navigate' ? page : request;
  const kept = await cache.match(asked, { ignoreSearch: true, ignoreVary: true });
  return kept ?? fetch(request);
}
