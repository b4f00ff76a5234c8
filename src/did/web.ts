import { fromUtf8 } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { type JsonLimits, parseJson } from '../core/json.js';
import { parseDid } from './did.js';
import { toDidDocument } from './document.js';
import type { FetchDocument } from './fetch-document.js';
import { type DidCopy, fetchBody, type NetworkMethod } from './network-method.js';
import { webFolder } from './web-location.js';

export interface WebMethodOptions {
  readonly fetchDocument: FetchDocument;
  /** How long a document passes for the current one; did:web itself has no rule. Default: an hour. */
  readonly ttlMs?: number;
}

const ACCEPT = 'application/did+ld+json, application/did+json, application/json';
const LIMITS: JsonLimits = { maxBytes: 256 * 1024, maxDepth: 32 };
const HOUR_MS = 3_600_000;

/**
 * did:web (W3C CCG did:web Method Specification, 2.5.2): the document is a file on the host that the DID names, and is
 * worth what the host and its TLS certificate are worth. The `id` in it must be the DID, letter for letter.
 */
export function createWebMethod({ fetchDocument, ttlMs = HOUR_MS }: WebMethodOptions): NetworkMethod {
  const toCopy = (did: string, source: string): DidCopy => ({ document: readDocument(did, source), source, ttlMs });
  return {
    method: 'web',
    async fetch(did) {
      const url = `${webFolder(parseDid(did).id, did)}did.json`;
      const body = await fetchBody(fetchDocument, url, { accept: ACCEPT, maxBytes: LIMITS.maxBytes });
      return body === undefined ? undefined : toCopy(did, decodeText(did, body));
    },
    async open(did, source) {
      return toCopy(did, source);
    },
  };
}

function readDocument(did: string, source: string) {
  return toDidDocument(
    asDocumentError(did, () => parseJson(source, LIMITS, 'it')),
    did,
  );
}

function decodeText(did: string, body: Uint8Array): string {
  return asDocumentError(did, () => fromUtf8(body));
}

function asDocumentError<T>(did: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isWaypostError(cause)) throw cause;
    throw new WaypostError('ERR_DID_DOCUMENT', `the DID document of ${quote(did)} is malformed: ${cause.message}`, {
      cause,
    });
  }
}
