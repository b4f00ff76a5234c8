import { fromBase64url, toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { isWaypostError, quote } from '../core/errors.js';
import { type JsonObject, parseJson } from '../core/json.js';
import { decodeMultikey } from '../crypto/multikey.js';
import type { Primitives } from '../crypto/primitives.js';
import { MAX_DID_LENGTH } from '../envelope/did-url.js';
import type { DidDocument, VerificationRelationship } from '../envelope/resolvers.js';
import { decodingDid, malformedDid, parseDid, withAbsoluteId } from './did.js';
import { composeDocument, type ListedKey, MAX_DOCUMENT_ENTRIES, MULTIKEY_CONTEXT } from './document.js';
import { abbreviateService, expandService, nameServices } from './services.js';
import { shortFormOf } from './short-form.js';

/*
 * did:peer:2 (Peer DID Method, "Method 2"): keys and services, each an element `.` purpose value, in the DID itself.
 *
 * Read as well, because it is in use: padded base64, a JSON list of services in one element (also an empty one), and
 * the endpoint as a text, see services.ts. Software from before the "clarified" text names keys by their multibase
 * value and services `#didcommmessaging-0`; the document has the ids of today, and whoever looks up a key has to know
 * the older names.
 */

const PREFIX = 'did:peer:2';
const SERVICE = 'S';
const LIMITS = { maxBytes: MAX_DID_LENGTH, maxDepth: 16 };

const RELATIONSHIP_OF: ReadonlyMap<string, VerificationRelationship> = new Map([
  ['A', 'assertionMethod'],
  ['E', 'keyAgreement'],
  ['V', 'authentication'],
  ['I', 'capabilityInvocation'],
  ['D', 'capabilityDelegation'],
]);

/** A key to be named in a DID. Purpose E agrees, V authenticates ("Purpose Codes"). */
export interface Peer2Key {
  readonly purpose: 'A' | 'E' | 'V' | 'I' | 'D';
  readonly multikey: string;
}

/**
 * Writes a DID. Its keys will be `#key-1`, `#key-2`, .. in this order. Services may use full or abbreviated names.
 * Throws ERR_DID_DOCUMENT.
 */
export function encodePeer2(keys: readonly Peer2Key[], services: readonly unknown[]): string {
  const keyElements = keys.map((key) => `.${key.purpose}${key.multikey}`);
  const serviceElements = services.map((service) => {
    return `.${SERVICE}${toBase64url(utf8(JSON.stringify(abbreviateService(service))))}`;
  });
  return [PREFIX, ...keyElements, ...serviceElements].join('');
}

/**
 * The document of `longForm`, a did:peer:2, about `did`: the same DID, or its did:peer:3. Each names the other in
 * `alsoKnownAs`. A key of an unsupported kind is listed unread. Throws ERR_DID_MALFORMED.
 */
export function resolvePeer2(primitives: Primitives, longForm: string, did = longForm): DidDocument {
  return decodingDid(quote(longForm), () => {
    const [start, ...elements] = parseDid(longForm).did.split('.');
    const short = shortFormOf(primitives, longForm);
    if (start !== PREFIX || short === undefined) throw malformedDid(quote(longForm), 'it has no element');
    if (elements.length > MAX_DOCUMENT_ENTRIES) {
      throw malformedDid(quote(longForm), `it has ${elements.length} elements, the limit is ${MAX_DOCUMENT_ENTRIES}`);
    }
    const keys: ListedKey[] = [];
    const services: JsonObject[] = [];
    for (const element of elements) {
      const value = element.slice(1);
      if (element[0] === SERVICE) services.push(...decodeServices(value));
      else keys.push(readKey(primitives, did, `#key-${keys.length + 1}`, element[0] ?? '', value));
    }
    return composeDocument({
      context: MULTIKEY_CONTEXT,
      did,
      alsoKnownAs: [did === longForm ? short : longForm],
      keys,
      services: nameServices(services).map((service) => withAbsoluteId(did, service)),
    });
  });
}

function readKey(primitives: Primitives, did: string, fragment: string, purpose: string, multikey: string): ListedKey {
  const relationship = RELATIONSHIP_OF.get(purpose);
  if (relationship === undefined) throw malformedDid('a did:peer:2', `it has an element of purpose ${quote(purpose)}`);
  const curve = curveOf(primitives, multikey, fragment);
  if (curve === (relationship === 'keyAgreement' ? 'Ed25519' : 'X25519')) {
    throw malformedDid('a did:peer:2', `its ${fragment} is an ${curve} key, which cannot be for ${relationship}`);
  }
  const method = { id: `${did}${fragment}`, type: 'Multikey', controller: did, publicKeyMultibase: multikey };
  return { method, relationships: [relationship] };
}

/** The curve of a valid key; undefined for a kind that we do not know, which is no fault of the DID. */
function curveOf(primitives: Primitives, multikey: string, fragment: string): string | undefined {
  try {
    return decodeMultikey(primitives, multikey, `its ${fragment}`).crv;
  } catch (error) {
    if (isWaypostError(error, 'ERR_KEY_UNSUPPORTED')) return undefined;
    throw error;
  }
}

function decodeServices(value: string): readonly JsonObject[] {
  const json = parseJson(fromBase64url(value.replace(/={1,2}$/, ''), 'a service'), LIMITS, 'a service');
  return (Array.isArray(json) ? json : [json]).map(expandService);
}
