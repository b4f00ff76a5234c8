import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { isDid, MAX_DID_LENGTH } from '../envelope/did-url.js';

/** A DID in its parts (DID Core, 3.1): `did:` method `:` id. */
export interface ParsedDid {
  readonly did: string;
  /** Lower case letters and digits. */
  readonly method: string;
  /** The method-specific id, as written: percent-encoding is the method's own business. */
  readonly id: string;
}

const BROKEN_PERCENT_ENCODING = /%(?![0-9A-Fa-f]{2})/;

/**
 * Splits a DID (without path, query or fragment). Throws ERR_DID_MALFORMED for anything else, also for one longer than
 * {@link MAX_DID_LENGTH}. Beyond the grammar, `=` is let through: older did:peer:2 hold padded base64.
 */
export function parseDid(did: string): ParsedDid {
  if (!isDid(did) || BROKEN_PERCENT_ENCODING.test(did)) {
    throw new WaypostError(
      'ERR_DID_MALFORMED',
      `${quote(did, 40)} is not a DID of at most ${MAX_DID_LENGTH} characters (DID Core, 3.1)`,
    );
  }
  const end = did.indexOf(':', 4);
  return { did, method: did.slice(4, end), id: did.slice(end + 1) };
}

/** What decoding the content of a DID may throw; all of it means the same to whoever asked for the DID. */
const BROKEN_CONTENT: ReadonlySet<string> = new Set([
  'ERR_BASE64URL',
  'ERR_DID_DOCUMENT',
  'ERR_JSON_MALFORMED',
  'ERR_KEY_INVALID',
  'ERR_MULTIBASE',
  'ERR_NOT_UTF8',
  'ERR_TOO_LARGE',
]);

/**
 * Runs the decoder of a method that keeps everything in the DID itself. A broken content becomes ERR_DID_MALFORMED
 * about `what`, with the first error as its cause; every other error passes.
 */
export function decodingDid<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!isWaypostError(cause) || !BROKEN_CONTENT.has(cause.code)) throw cause;
    throw malformedDid(what, cause.message, cause);
  }
}

export function malformedDid(what: string, why: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_DID_MALFORMED', `${what} is malformed: ${why}`, { cause });
}

/** A relative reference made absolute (DID Core, 3.2.1): `#key-1` within `did`. Others are returned as they are. */
export function absoluteDidUrl(did: string, reference: string): string {
  return reference.startsWith('#') ? `${did}${reference}` : reference;
}

/** An entry of a DID document with its `id` made absolute. */
export function withAbsoluteId(did: string, entry: JsonObject): JsonObject {
  return typeof entry.id === 'string' ? { ...entry, id: absoluteDidUrl(did, entry.id) } : entry;
}
