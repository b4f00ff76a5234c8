import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { didOf, isDid } from './did-url.js';
import type { DidDocument, DidResolver, DidService } from './resolvers.js';

/** One way to reach a DID: an address, and the mediators that the message must be wrapped for. */
export interface Route {
  /** Where to send: `https:`, `wss:`, `didcomm:transport/queue`, ... never a DID. */
  readonly uri: string;
  /** For `wrapForward`: the mediator that is reached first comes first. */
  readonly routingKeys: readonly string[];
  /** The profiles that the endpoint accepts, or undefined where it does not say. */
  readonly accept?: readonly string[];
  /** The `id` of the service that says so, in the document of the DID that was asked for. */
  readonly serviceId: string;
}

/** What the search for routes may cost. */
export interface RouteLimits {
  /** DIDs that may stand behind each other as endpoints. */
  readonly maxDepth: number;
  /** Endpoints looked at in one document; the rest is ignored. */
  readonly maxEndpoints: number;
  /** DIDs resolved for one answer, on all branches together: each may cost a request that a stranger causes. */
  readonly maxLookups: number;
}

/** Three DIDs deep, 8 endpoints a document, 16 DIDs in all. */
export const DEFAULT_ROUTE_LIMITS: RouteLimits = { maxDepth: 3, maxEndpoints: 8, maxLookups: 16 };

const SERVICE_TYPE = 'DIDCommMessaging';
const PROFILE = 'didcomm/v2';

interface Endpoint {
  readonly uri: string;
  readonly accept?: readonly string[];
  readonly routingKeys: readonly string[];
  readonly serviceId: string;
}

/**
 * The ways to reach `did`, in its own order of preference (DIDComm v2.1, "DID Document Service Endpoint" and "Using a
 * DID as an endpoint"). A message goes to **one** of them; the others are for when that fails.
 *
 * Endpoints that are themselves DIDs are followed: the DID becomes the outermost routing key and its own endpoints
 * the addresses. A chain that loops or is too deep spoils only itself. Throws ERR_NO_SERVICE, ERR_ROUTE_LOOP,
 * ERR_ROUTE_TOO_DEEP, ERR_DID_NOT_FOUND, ERR_DID_MALFORMED, ERR_DID_METHOD, ERR_DID_UNAVAILABLE (retryable) when no way
 * is left.
 */
export async function findRoutes(
  resolver: DidResolver,
  did: string,
  limits: RouteLimits = DEFAULT_ROUTE_LIMITS,
): Promise<readonly Route[]> {
  return follow({ resolver, limits, lookups: 0 }, did, [resolver.canonical(did)]);
}

interface Search {
  readonly resolver: DidResolver;
  readonly limits: RouteLimits;
  lookups: number;
}

async function follow(search: Search, did: string, visited: readonly string[]): Promise<readonly Route[]> {
  if (++search.lookups > search.limits.maxLookups) {
    throw new WaypostError('ERR_ROUTE_TOO_DEEP', `the endpoints name more than ${search.limits.maxLookups} DIDs`);
  }
  const document = await search.resolver.resolve(did);
  if (document === undefined) throw new WaypostError('ERR_DID_NOT_FOUND', `${quote(did, 200)} does not exist`);
  const routes: Route[] = [];
  let failure: WaypostError | undefined;
  for (const endpoint of endpointsOf(document, search.limits)) {
    if (!isDid(didOf(endpoint.uri))) {
      routes.push(endpoint);
      continue;
    }
    try {
      for (const route of await throughDid(search, endpoint, visited)) routes.push(route);
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      // What can be retried is the more useful thing to say.
      if (failure === undefined || (error.retryable && !failure.retryable)) failure = error;
    }
  }
  if (routes.length > 0) return routes;
  throw failure ?? new WaypostError('ERR_NO_SERVICE', `${quote(did, 200)} names no DIDComm v2 service endpoint`);
}

async function throughDid(search: Search, endpoint: Endpoint, visited: readonly string[]): Promise<readonly Route[]> {
  const { resolver, limits } = search;
  const mediator = didOf(endpoint.uri);
  const name = resolver.canonical(mediator);
  if (visited.includes(name)) {
    throw new WaypostError('ERR_ROUTE_LOOP', `the endpoint ${quote(mediator, 200)} leads back to itself`);
  }
  if (visited.length > limits.maxDepth) {
    throw new WaypostError(
      'ERR_ROUTE_TOO_DEEP',
      `more than ${limits.maxDepth} DIDs stand behind each other as endpoints`,
    );
  }
  const behind = await follow(search, mediator, [...visited, name]);
  return behind.map((route) => ({
    uri: route.uri,
    routingKeys: [...route.routingKeys, mediator, ...endpoint.routingKeys],
    ...(endpoint.accept === undefined ? {} : { accept: endpoint.accept }),
    serviceId: endpoint.serviceId,
  }));
}

function endpointsOf(document: DidDocument, limits: RouteLimits): readonly Endpoint[] {
  const services = Array.isArray(document.service) ? (document.service as readonly DidService[]) : [];
  const endpoints: Endpoint[] = [];
  for (const service of services) {
    if (!isJsonObject(service) || ![service.type].flat().includes(SERVICE_TYPE)) continue;
    const listed = Array.isArray(service.serviceEndpoint) ? service.serviceEndpoint : [service.serviceEndpoint];
    for (const item of listed) {
      const endpoint = readEndpoint(item, service);
      if (endpoint !== undefined && endpoints.length < limits.maxEndpoints) endpoints.push(endpoint);
    }
  }
  return endpoints;
}

/** The object form, and the older text form with `routingKeys` and `accept` beside it in the service. */
function readEndpoint(item: unknown, service: DidService): Endpoint | undefined {
  const source: Record<string, unknown> = isJsonObject(item) ? item : { ...service, uri: item };
  if (typeof source.uri !== 'string' || source.uri === '') return undefined;
  const accept = texts(source.accept);
  if (accept !== undefined && accept.length > 0 && !accept.includes(PROFILE)) return undefined;
  return {
    uri: source.uri,
    routingKeys: texts(source.routingKeys) ?? [],
    ...(accept === undefined ? {} : { accept }),
    serviceId: service.id,
  };
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}
