import { concatBytes, utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.js';
import { decodeMultibase58, encodeMultibase58 } from '../crypto/multikey.js';
import type { Primitives } from '../crypto/primitives.js';
import type { DidDocument } from '../envelope/resolvers.js';
import { absoluteDidUrl, decodingDid, malformedDid, parseDid, withAbsoluteId } from './did.js';
import { RELATIONSHIPS, toDidDocument } from './document.js';
import { multihashOf, shortFormOf, splitPeer4 } from './short-form.js';

/*
 * did:peer:4 (Peer DID Method, "Method 4"): the long form carries a whole document without its id, the short form is
 * the hash of that. Resolving puts the DID back in ("contextualizing").
 */

const PREFIX = 'did:peer:4';
/** Multicodec `json`, 0x0200, as a varint. */
const JSON_CODEC = new Uint8Array([0x80, 0x04]);
/** Base58 takes time with the square of the length, so these two stay below what a DID may have otherwise. */
const MAX_ENCODED_CHARS = 4096;
const MAX_INPUT_BYTES = 2046;
const LIMITS = { maxBytes: MAX_ENCODED_CHARS, maxDepth: 16 };

/**
 * Writes the long form of an input document: relative ids, no root `id`, no `controller` where it is the owner.
 * Throws ERR_TOO_LARGE.
 */
export function encodePeer4(primitives: Primitives, inputDocument: JsonObject): string {
  const bytes = utf8(JSON.stringify(inputDocument));
  if (bytes.length > MAX_INPUT_BYTES) {
    throw new WaypostError(
      'ERR_TOO_LARGE',
      `the document of a did:peer:4 has ${bytes.length} bytes, the limit is ${MAX_INPUT_BYTES}`,
    );
  }
  const encoded = encodeMultibase58(concatBytes(JSON_CODEC, bytes));
  return `${PREFIX}${multihashOf(primitives, encoded)}:${encoded}`;
}

/**
 * The document of `longForm` about `did`: the same DID, or its short form. Each names the other in `alsoKnownAs`.
 * Ids and references are made absolute; what a service contains is left alone. Throws ERR_DID_MALFORMED.
 */
export function resolvePeer4(primitives: Primitives, longForm: string, did = longForm): DidDocument {
  return decodingDid(quote(longForm), () => {
    const parts = splitPeer4(parseDid(longForm).did);
    const short = shortFormOf(primitives, longForm);
    if (parts === undefined || short === undefined) {
      throw malformedDid(quote(longForm), 'its hash is not that of its document');
    }
    const input = decodeInputDocument(parts.encodedDocument);
    return contextualise(input, did, did === longForm ? short : longForm);
  });
}

function decodeInputDocument(encoded: string): JsonObject {
  const bytes = decodeMultibase58(encoded, MAX_ENCODED_CHARS, 'its document');
  if (bytes[0] !== JSON_CODEC[0] || bytes[1] !== JSON_CODEC[1]) {
    throw new WaypostError('ERR_MULTIBASE', 'its document is not of multicodec json (0x0200)');
  }
  return parseJsonObject(bytes.subarray(JSON_CODEC.length), LIMITS, 'its document');
}

function contextualise(input: JsonObject, did: string, otherForm: string): DidDocument {
  const absolute = absoluteWithin(did);
  const ownMethod = (entry: unknown): unknown => {
    if (!isJsonObject(entry)) return entry;
    // The owner cannot have known an absolute id of its own, so this one would claim somebody else's key.
    if (typeof entry.id !== 'string' || !entry.id.startsWith('#')) {
      throw malformedDid('a did:peer:4', `the verification method id ${quote(entry.id)} is not relative`);
    }
    return { controller: did, ...entry, id: absolute(entry.id) };
  };
  const document: JsonObject = { ...input, id: did, alsoKnownAs: append(input.alsoKnownAs, otherForm) };
  mapList(document, 'verificationMethod', ownMethod);
  for (const relationship of RELATIONSHIPS) {
    mapList(document, relationship, (entry) => (typeof entry === 'string' ? absolute(entry) : ownMethod(entry)));
  }
  mapList(document, 'service', (entry) => (isJsonObject(entry) ? withAbsoluteId(did, entry) : entry));
  return toDidDocument(document, did);
}

/** What is no list is left for the check of the whole document to refuse. */
function mapList(document: JsonObject, member: string, map: (entry: unknown) => unknown): void {
  const list = document[member];
  if (Array.isArray(list)) document[member] = list.map(map);
}

function append(list: unknown, item: string): unknown {
  if (list === undefined) return [item];
  return Array.isArray(list) ? [...list, item] : list;
}

/** Makes ids absolute, each of them once: a reference and the id it names then share one long text. */
function absoluteWithin(did: string): (reference: string) => string {
  const known = new Map<string, string>();
  return (reference) => {
    const absolute = known.get(reference) ?? absoluteDidUrl(did, reference);
    known.set(reference, absolute);
    return absolute;
  };
}
