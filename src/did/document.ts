import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { Curve } from '../crypto/jwk.js';
import { isAgreement } from '../crypto/primitives.js';
import type { DidDocument, VerificationMethod, VerificationRelationship } from '../envelope/resolvers.js';

/** Entries of each list in a document. Ids repeat the DID, so a long DID with many keys would be costly to hold. */
export const MAX_DOCUMENT_ENTRIES = 64;

export const MULTIKEY_CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'] as const;

/** What a key that signs is listed for, by methods that do not let the owner choose. */
const SIGNATURE_RELATIONSHIPS = [
  'authentication',
  'assertionMethod',
  'capabilityInvocation',
  'capabilityDelegation',
] as const;

export const RELATIONSHIPS: readonly VerificationRelationship[] = [...SIGNATURE_RELATIONSHIPS, 'keyAgreement'];

/** All that a key of a curve can be used for. X25519 cannot sign; Ed25519 and secp256k1 do not agree in DIDComm. */
export function relationshipsOf(curve: Curve): readonly VerificationRelationship[] {
  if (curve === 'X25519') return ['keyAgreement'];
  return isAgreement(curve) ? RELATIONSHIPS : SIGNATURE_RELATIONSHIPS;
}

/** A verification method together with the relationships that list it. */
export interface ListedKey {
  readonly method: VerificationMethod;
  readonly relationships: readonly VerificationRelationship[];
}

/** What {@link composeDocument} makes a document of. */
export interface DocumentParts {
  readonly context: readonly string[];
  readonly did: string;
  readonly alsoKnownAs?: readonly string[];
  readonly keys: readonly ListedKey[];
  readonly services?: readonly JsonObject[];
}

/** Builds a frozen document in the shape of DID Core, 5, without empty lists. Throws ERR_DID_DOCUMENT. */
export function composeDocument(parts: DocumentParts): DidDocument {
  const document: JsonObject = { '@context': parts.context, id: parts.did };
  if (parts.alsoKnownAs !== undefined) document.alsoKnownAs = parts.alsoKnownAs;
  document.verificationMethod = parts.keys.map((key) => key.method);
  for (const relationship of RELATIONSHIPS) {
    const listed = parts.keys.filter((key) => key.relationships.includes(relationship));
    if (listed.length > 0) document[relationship] = listed.map((key) => key.method.id);
  }
  if (parts.services !== undefined && parts.services.length > 0) document.service = parts.services;
  return toDidDocument(document, parts.did);
}

/**
 * Checks that `value` has the shape of a DID document (DID Core, 5) about `did`, and freezes it, so that everybody may
 * be given the same object. Members that DID Core does not define pass. Throws ERR_DID_DOCUMENT.
 */
export function toDidDocument(value: unknown, did: string): DidDocument {
  if (!isJsonObject(value)) throw malformed(did, 'it is not a JSON object');
  if (value.id !== did) throw malformed(did, `its id is ${quote(value.id, 40)}`);
  forEachOf(did, value, 'alsoKnownAs', (name) => typeof name === 'string');
  forEachOf(did, value, 'verificationMethod', isVerificationMethod);
  for (const relationship of RELATIONSHIPS) {
    forEachOf(did, value, relationship, (entry) => typeof entry === 'string' || isVerificationMethod(entry));
  }
  forEachOf(did, value, 'service', isService);
  return deepFreeze(value) as DidDocument;
}

/**
 * `documents` given by hand, by their DID, for `createDidResolver`. Copies them first. Throws ERR_DID_DOCUMENT for a
 * value that is none or a DID that occurs twice.
 */
export function staticDocuments(documents: readonly unknown[]): ReadonlyMap<string, DidDocument> {
  const byDid = new Map<string, DidDocument>();
  for (const given of documents) {
    const did = isJsonObject(given) ? given.id : undefined;
    if (typeof did !== 'string') throw new WaypostError('ERR_DID_DOCUMENT', 'a given DID document has no text "id"');
    if (byDid.has(did)) throw new WaypostError('ERR_DID_DOCUMENT', `${quote(did)} is given two DID documents`);
    byDid.set(did, toDidDocument(structuredClone(given), did));
  }
  return byDid;
}

function forEachOf(did: string, document: JsonObject, member: string, isValid: (entry: unknown) => boolean): void {
  const list = document[member];
  if (list === undefined) return;
  if (!Array.isArray(list)) throw malformed(did, `its "${member}" is not a list`);
  if (list.length > MAX_DOCUMENT_ENTRIES) {
    throw malformed(did, `its "${member}" has ${list.length} entries, the limit is ${MAX_DOCUMENT_ENTRIES}`);
  }
  const broken = list.findIndex((entry) => !isValid(entry));
  if (broken >= 0) throw malformed(did, `entry ${broken} of its "${member}" is malformed`);
}

function isVerificationMethod(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    typeof value.id === 'string' &&
    typeof value.type === 'string' &&
    typeof value.controller === 'string' &&
    isOptionalText(value.publicKeyMultibase) &&
    isOptionalText(value.publicKeyBase58)
  );
}

function isService(value: unknown): boolean {
  if (!isJsonObject(value) || typeof value.id !== 'string') return false;
  const types: unknown[] = Array.isArray(value.type) ? value.type : [value.type];
  const endpoint = value.serviceEndpoint;
  const hasTypes = types.length > 0 && types.every((type) => typeof type === 'string');
  return hasTypes && (typeof endpoint === 'string' || isContainer(endpoint));
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function deepFreeze<T>(value: T): T {
  if (isContainer(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

function malformed(did: string, why: string): WaypostError {
  return new WaypostError('ERR_DID_DOCUMENT', `the DID document of ${quote(did)} is malformed: ${why}`);
}
