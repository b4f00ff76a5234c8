import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createDid } from '../../../src/did/create.js';
import { staticDocuments } from '../../../src/did/document.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import type { DidDocument, DidResolver } from '../../../src/envelope/resolvers.js';
import { DEFAULT_ROUTE_LIMITS, findRoutes } from '../../../src/envelope/route.js';

/** A resolver that knows `did:example:NAME` for the given services, and counts how often it is asked. */
function world(services: { readonly [name: string]: readonly unknown[] }): DidResolver & { lookups: number } {
  return {
    lookups: 0,
    async resolve(did) {
      this.lookups++;
      const name = did.replace('did:example:', '');
      if (name === 'away') throw new WaypostError('ERR_DID_UNAVAILABLE', 'the network is away', { retryable: true });
      const service = services[name];
      return service === undefined ? undefined : ({ id: did, service } as unknown as DidDocument);
    },
    canonical: (did) => did,
  };
}

/** A service with the endpoints given, each an address or an endpoint object. */
function service(id: string, ...endpoints: readonly unknown[]) {
  return {
    id: `#${id}`,
    type: 'DIDCommMessaging',
    serviceEndpoint: endpoints.map((endpoint) => (typeof endpoint === 'string' ? { uri: endpoint } : endpoint)),
  };
}

const did = (name: string): string => `did:example:${name}`;
const endpointsTo = (...names: readonly string[]) => [service('s', ...names.map(did))];

const routesOf = (services: Parameters<typeof world>[0]) => findRoutes(world(services), did('bob'));
const urisOf = async (services: Parameters<typeof world>[0]) => (await routesOf(services)).map((route) => route.uri);

describe('the forms of a service (DIDComm v2.1, "Service Endpoint")', () => {
  test('endpoints come in the order of the document, over all its services', async () => {
    const bob = [service('a', 'https://1', 'wss://2'), service('b', 'didcomm:transport/queue')];
    expect(await routesOf({ bob })).toEqual([
      { uri: 'https://1', routingKeys: [], serviceId: '#a' },
      { uri: 'wss://2', routingKeys: [], serviceId: '#a' },
      { uri: 'didcomm:transport/queue', routingKeys: [], serviceId: '#b' },
    ]);
  });

  test('a single endpoint object', async () => {
    const serviceEndpoint = { uri: 'https://1', accept: ['didcomm/v2'], routingKeys: ['did:example:m#1'] };
    expect(await routesOf({ bob: [{ id: '#s', type: 'DIDCommMessaging', serviceEndpoint }] })).toEqual([
      { uri: 'https://1', accept: ['didcomm/v2'], routingKeys: ['did:example:m#1'], serviceId: '#s' },
    ]);
  });

  test('the older form: a text, with `routingKeys` and `accept` beside it', async () => {
    const legacy = { serviceEndpoint: 'https://1', routingKeys: ['did:example:m#1'], accept: ['didcomm/v2'] };
    expect(await routesOf({ bob: [{ id: '#s', type: 'DIDCommMessaging', ...legacy }] })).toEqual([
      { uri: 'https://1', accept: ['didcomm/v2'], routingKeys: ['did:example:m#1'], serviceId: '#s' },
    ]);
  });

  test('several types in one service', async () => {
    const bob = [{ ...service('s', 'https://1'), type: ['Other', 'DIDCommMessaging'] }];
    expect(await urisOf({ bob })).toEqual(['https://1']);
  });

  test('other services and endpoints without an address are passed over', async () => {
    const bob = [
      { ...service('a', 'https://0'), type: 'LinkedDomains' },
      null,
      { id: '#b', type: 'DIDCommMessaging' },
      service('c', { accept: ['didcomm/v2'] }, { uri: '' }, { uri: 7 }, null, [], 'https://1'),
    ];
    expect(await urisOf({ bob })).toEqual(['https://1']);
  });

  test('`accept` without `didcomm/v2` rules an endpoint out; absent or empty it rules nothing out', async () => {
    const bob = [
      service(
        's',
        { uri: 'https://v1', accept: ['didcomm/aip1', 'didcomm/aip2;env=rfc19'] },
        { uri: 'https://both', accept: ['didcomm/aip1', 'didcomm/v2'] },
        { uri: 'https://any', accept: [] },
        'https://silent',
      ),
    ];
    expect(await urisOf({ bob })).toEqual(['https://both', 'https://any', 'https://silent']);
  });

  test.each([
    ['no services', []],
    ['only other profiles', [service('s', { uri: 'https://1', accept: ['didcomm/aip1'] })]],
    ['an empty list of endpoints', [service('s')]],
  ])('ERR_NO_SERVICE: %s', async (_, bob) => {
    await expect(routesOf({ bob })).rejects.toMatchObject({ code: 'ERR_NO_SERVICE' });
  });

  test('ERR_DID_NOT_FOUND, ERR_DID_UNAVAILABLE: nobody, or nobody now', async () => {
    await expect(routesOf({})).rejects.toMatchObject({ code: 'ERR_DID_NOT_FOUND' });
    await expect(findRoutes(world({}), did('away'))).rejects.toMatchObject({ code: 'ERR_DID_UNAVAILABLE' });
  });
});

describe('endpoints that are DIDs (DIDComm v2.1, "Using a DID as an endpoint")', () => {
  test('the mediator comes before the routing keys, and its addresses are where to send', async () => {
    const bob = [service('s', { uri: did('m'), routingKeys: ['did:example:n#1'], accept: ['didcomm/v2'] })];
    const m = [service('t', 'https://m', 'wss://m')];
    const common = { routingKeys: [did('m'), 'did:example:n#1'], accept: ['didcomm/v2'], serviceId: '#s' };
    expect(await routesOf({ bob, m })).toEqual([
      { uri: 'https://m', ...common },
      { uri: 'wss://m', ...common },
    ]);
  });

  test('a mediator behind a mediator is reached first, with the routing keys of each in their places', async () => {
    const bob = [service('s', { uri: did('inner'), routingKeys: ['did:example:b#1'] })];
    const inner = [service('s', { uri: did('outer'), routingKeys: ['did:example:i#1'] })];
    const outer = [service('s', { uri: 'https://outer', routingKeys: ['did:example:o#1'] })];
    const [route] = await routesOf({ bob, inner, outer });
    expect(route).toMatchObject({
      uri: 'https://outer',
      routingKeys: ['did:example:o#1', did('outer'), 'did:example:i#1', did('inner'), 'did:example:b#1'],
    });
  });

  test('a DID URL of a key stands for its DID', async () => {
    const services = { bob: [service('s', `${did('m')}#key-1`)], m: [service('s', 'https://m')] };
    expect(await routesOf(services)).toMatchObject([{ uri: 'https://m', routingKeys: [did('m')] }]);
  });

  test.each([
    ['itself', { bob: endpointsTo('bob') }],
    ['two that name each other', { bob: endpointsTo('a'), a: endpointsTo('b'), b: endpointsTo('a') }],
  ])('ERR_ROUTE_LOOP: %s', async (_, services) => {
    await expect(routesOf(services)).rejects.toMatchObject({ code: 'ERR_ROUTE_LOOP' });
  });

  test('ERR_ROUTE_TOO_DEEP: more than three of them behind each other', async () => {
    const chain = { bob: endpointsTo('1'), 1: endpointsTo('2'), 2: endpointsTo('3'), 4: [service('s', 'https://4')] };
    const three = { ...chain, 3: [service('s', 'https://3')] };
    expect(await urisOf(three)).toEqual(['https://3']);
    await expect(routesOf({ ...chain, 3: endpointsTo('4') })).rejects.toMatchObject({ code: 'ERR_ROUTE_TOO_DEEP' });
  });

  test('a loop, a dead end or an absent DID spoils only its own branch', async () => {
    const bob = [service('s', did('bob'), did('nobody'), did('away'), 'https://bob')];
    expect(await urisOf({ bob })).toEqual(['https://bob']);
  });

  test('with no way left, the failure that may pass is the one that is told', async () => {
    const bob = [service('s', did('nobody'), did('away'), did('bob'))];
    await expect(routesOf({ bob })).rejects.toMatchObject({ code: 'ERR_DID_UNAVAILABLE', retryable: true });
  });

  test.each(['long', 'short'] as const)('ERR_ROUTE_LOOP: back to a did:peer:4, under its %s form', async (form) => {
    const primitives = createNodePrimitives();
    const bob = createDid(primitives, { method: 'peer4', services: endpointsTo('m') });
    const short = String(bob.document.alsoKnownAs?.[0]);
    const [begin, again] = form === 'long' ? [short, bob.did] : [bob.did, short];
    const documents = staticDocuments([{ id: did('m'), service: [service('s', again)] }]);
    const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10), documents });
    await resolver.resolve(bob.did);

    const asked: string[] = [];
    const canonical = (name: string): string => resolver.canonical(name);
    const resolve = (name: string) => {
      asked.push(name);
      return resolver.resolve(name);
    };
    await expect(findRoutes({ canonical, resolve }, begin)).rejects.toMatchObject({ code: 'ERR_ROUTE_LOOP' });
    expect(asked).toEqual([begin, did('m')]); // noticed before the second lap
  });
});

describe('what a hostile document may cost', () => {
  const MANY = Array.from({ length: 1000 }, (_, index) => String(index));

  test('the first endpoints of a document are looked at, the rest is ignored', async () => {
    const bob = MANY.map((index) => service(index, `https://${index}`, `wss://${index}`));
    const uris = await urisOf({ bob });
    expect(uris).toHaveLength(DEFAULT_ROUTE_LIMITS.maxEndpoints);
    expect(uris.slice(0, 2)).toEqual(['https://0', 'wss://0']);
  });

  test('all branches together may ask for a few DIDs only', async () => {
    // Every document names eight more, three levels deep: 585 look-ups without a bound.
    const resolver: DidResolver & { lookups: number } = {
      lookups: 0,
      async resolve(name) {
        this.lookups++;
        const service = endpointsTo(...MANY.slice(0, 8).map((index) => `${name.replace('did:example:', '')}-${index}`));
        return { id: name, service } as unknown as DidDocument;
      },
      canonical: (name) => name,
    };
    await expect(findRoutes(resolver, did('bob'))).rejects.toMatchObject({ code: 'ERR_ROUTE_TOO_DEEP' });
    expect(resolver.lookups).toBe(DEFAULT_ROUTE_LIMITS.maxLookups);
  });

  test('what was found before the bound is still of use', async () => {
    const mediators = Object.fromEntries(MANY.slice(0, 8).map((index) => [index, [service('s', `https://${index}`)]]));
    const bob = endpointsTo(...Object.keys(mediators));
    const routes = await findRoutes(world({ bob, ...mediators }), did('bob'), {
      ...DEFAULT_ROUTE_LIMITS,
      maxLookups: 4,
    });
    expect(routes.map((route) => route.uri)).toEqual(['https://0', 'https://1', 'https://2']);
  });
});
