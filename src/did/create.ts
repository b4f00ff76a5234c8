import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { AgreementCurve, Curve, PrivateJwk, PublicJwk } from '../crypto/jwk.js';
import { encodeMultikey } from '../crypto/multikey.js';
import type { Primitives } from '../crypto/primitives.js';
import { MAX_DID_LENGTH } from '../envelope/did-url.js';
import type { DidDocument } from '../envelope/resolvers.js';
import { MULTIKEY_CONTEXT } from './document.js';
import { encodeJwkDid, resolveJwk } from './jwk.js';
import { resolveKey } from './key.js';
import { encodePeer2, type Peer2Key, resolvePeer2 } from './peer2.js';
import { encodePeer4, resolvePeer4 } from './peer4.js';
import { expandService, nameServices } from './services.js';

/** What to create, by `method`. The peer methods always have an Ed25519 key to sign with; `curve` is that of their other key. */
export type CreateDidOptions =
  /** One key: Ed25519 by default, which comes with an X25519 key for agreement. */
  | { readonly method: 'key'; readonly curve?: Curve }
  /** One key: P-256 by default, because it can both sign and agree. */
  | { readonly method: 'jwk'; readonly curve?: Curve }
  | {
      readonly method: 'peer2' | 'peer4';
      /** For key agreement; X25519 by default. */
      readonly curve?: AgreementCurve;
      /**
       * In full, `{type, serviceEndpoint: {uri, accept, routingKeys}}`, or abbreviated, `{t, s: {uri, a, r}}`.
       * An `id` may be missing; one that is given is relative.
       */
      readonly services?: readonly unknown[];
    };

/** A private key and its key id `kid`, an absolute DID URL. */
export type DidSecret = PrivateJwk & { readonly kid: string };

/** A new DID, and what its owner has to keep. */
export interface CreatedDid {
  /** For peer4 the long form; `document.alsoKnownAs` names the short one. */
  readonly did: string;
  /** What everybody else will resolve. */
  readonly document: DidDocument;
  /** One for each verification method, with its id as `kid` (so with the long form of a peer4). */
  readonly secrets: readonly DidSecret[];
}

/**
 * Creates a DID with fresh keys (did:key, did:jwk, did:peer methods 2 and 4). Nothing is published or kept: the caller
 * stores `secrets`.
 * Throws ERR_INVALID_ARGUMENT for services that are malformed, ERR_TOO_LARGE when they make the DID too long.
 */
export function createDid(primitives: Primitives, options: CreateDidOptions): CreatedDid {
  switch (options.method) {
    case 'key':
      return createKey(primitives, options.curve ?? 'Ed25519');
    case 'jwk':
      return createJwk(primitives, options.curve ?? 'P-256');
    default:
      return createPeer(primitives, options.method, options.curve ?? 'X25519', options.services ?? []);
  }
}

function createKey(primitives: Primitives, curve: Curve): CreatedDid {
  const key = primitives.generateKey(curve);
  const did = `did:key:${encodeMultikey(primitives, publicPart(key))}`;
  const keys = curve === 'Ed25519' ? [key, primitives.ed25519ToX25519Private(key)] : [key];
  return withSecrets(resolveKey(primitives, did), keys);
}

function createJwk(primitives: Primitives, curve: Curve): CreatedDid {
  const key = primitives.generateKey(curve);
  return withSecrets(resolveJwk(primitives, encodeJwkDid(publicPart(key))), [key]);
}

function createPeer(
  primitives: Primitives,
  method: 'peer2' | 'peer4',
  curve: AgreementCurve,
  services: readonly unknown[],
): CreatedDid {
  const keys = [primitives.generateKey(curve), primitives.generateKey('Ed25519')] as const;
  const agreement = encodeMultikey(primitives, publicPart(keys[0]));
  const authentication = encodeMultikey(primitives, publicPart(keys[1]));
  const document = checkingServices(() => {
    const own = services.map(toOwnService);
    return method === 'peer4'
      ? resolvePeer4(primitives, encodePeer4(primitives, inputDocument(agreement, authentication, own)))
      : resolvePeer2(primitives, withinLimit(encodePeer2(peer2Keys(agreement, authentication), own)));
  });
  return withSecrets(document, keys);
}

function peer2Keys(agreement: string, authentication: string): readonly Peer2Key[] {
  return [
    { purpose: 'E', multikey: agreement },
    { purpose: 'V', multikey: authentication },
  ];
}

/** The same keys, ids and uses that {@link peer2Keys} give. */
function inputDocument(agreement: string, authentication: string, services: readonly JsonObject[]): JsonObject {
  const document: JsonObject = {
    '@context': MULTIKEY_CONTEXT,
    verificationMethod: [
      { id: '#key-1', type: 'Multikey', publicKeyMultibase: agreement },
      { id: '#key-2', type: 'Multikey', publicKeyMultibase: authentication },
    ],
    keyAgreement: ['#key-1'],
    authentication: ['#key-2'],
  };
  if (services.length > 0) document.service = nameServices(services);
  return document;
}

function toOwnService(given: unknown): JsonObject {
  const service = expandService(given);
  if (service.id === undefined || (typeof service.id === 'string' && service.id.startsWith('#'))) return service;
  throw new WaypostError('ERR_DID_DOCUMENT', `the service id ${quote(service.id)} is not relative, like "#service"`);
}

function withinLimit(did: string): string {
  if (did.length <= MAX_DID_LENGTH) return did;
  throw new WaypostError('ERR_TOO_LARGE', `the DID has ${did.length} characters, the limit is ${MAX_DID_LENGTH}`);
}

/** Here the services are the caller's argument, not somebody's published DID. */
function checkingServices(create: () => DidDocument): DidDocument {
  try {
    return create();
  } catch (cause) {
    if (isWaypostError(cause, 'ERR_DID_DOCUMENT') || isWaypostError(cause, 'ERR_DID_MALFORMED')) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `no DID can have these services: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

function publicPart(key: PrivateJwk): PublicJwk {
  const { d: _, ...publicJwk } = key;
  return publicJwk as PublicJwk;
}

/** Each method lists its keys in the order in which they were created. */
function withSecrets(document: DidDocument, keys: readonly PrivateJwk[]): CreatedDid {
  const methods = document.verificationMethod ?? [];
  const secrets = methods.flatMap(({ id }, index) => {
    const key = keys[index];
    return key === undefined ? [] : [{ ...key, kid: id }];
  });
  return { did: document.id, document, secrets };
}
