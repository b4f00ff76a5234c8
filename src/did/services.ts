import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';

/*
 * Services of a did:peer. Inside a did:peer:2 they have short names (Peer DID Method, "Common String Abbreviations"),
 * for members at any depth and for the type of the service; every other value is left alone.
 */

const FULL_NAME_OF: ReadonlyMap<string, string> = new Map([
  ['t', 'type'],
  ['s', 'serviceEndpoint'],
  ['r', 'routingKeys'],
  ['a', 'accept'],
]);
const SHORT_NAME_OF: ReadonlyMap<string, string> = new Map([...FULL_NAME_OF].map(([short, full]) => [full, short]));

const FULL_TYPE = 'DIDCommMessaging';
const SHORT_TYPE = 'dm';

/**
 * A service in full names; names and types that are full already stay. The old form with a text endpoint and `r` and
 * `a` beside it becomes the one of DIDComm v2.1 ("DID Document Service Endpoint"), so that there is one to read.
 * Throws ERR_DID_DOCUMENT for what is no object, or has a member in both spellings.
 */
export function expandService(service: unknown): JsonObject {
  if (!isJsonObject(service)) throw new WaypostError('ERR_DID_DOCUMENT', 'a service is not a JSON object');
  const full = rename(service, FULL_NAME_OF) as JsonObject;
  return withObjectEndpoint({ ...full, type: mapType(full.type, SHORT_TYPE, FULL_TYPE) });
}

/** The reverse, for a service in either spelling. */
export function abbreviateService(service: unknown): JsonObject {
  const full = expandService(service);
  return rename({ ...full, type: mapType(full.type, FULL_TYPE, SHORT_TYPE) }, SHORT_NAME_OF) as JsonObject;
}

/** Gives relative ids to services that have none: `#service`, `#service-1`, .. (Peer DID Method, "Method 2"). */
export function nameServices(services: readonly JsonObject[]): readonly JsonObject[] {
  let unnamed = 0;
  const nextId = (): string => (unnamed++ === 0 ? '#service' : `#service-${unnamed - 1}`);
  return services.map((service) => ({ ...service, id: service.id ?? nextId() }));
}

function rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (!isJsonObject(value)) return value;
  const renamed = Object.entries(value).map(([name, member]) => [names.get(name) ?? name, rename(member, names)]);
  if (new Set(renamed.map(([name]) => name)).size < renamed.length) {
    throw new WaypostError('ERR_DID_DOCUMENT', `${quote(value)} has a member both in full and abbreviated`);
  }
  // fromEntries defines members instead of assigning them, so that a "__proto__" from outside is only a member.
  return Object.fromEntries(renamed);
}

function mapType(type: unknown, from: string, to: string): unknown {
  if (Array.isArray(type)) return type.map((item) => mapType(item, from, to));
  return type === from ? to : type;
}

function withObjectEndpoint(service: JsonObject): JsonObject {
  const { serviceEndpoint, accept, routingKeys, ...rest } = service;
  if (service.type !== FULL_TYPE || typeof serviceEndpoint !== 'string') return service;
  const endpoint: JsonObject = { uri: serviceEndpoint };
  if (accept !== undefined) endpoint.accept = accept;
  if (routingKeys !== undefined) endpoint.routingKeys = routingKeys;
  return { ...rest, serviceEndpoint: endpoint };
}
