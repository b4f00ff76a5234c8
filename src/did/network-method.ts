import { WaypostError } from '../core/errors.js';
import type { DidDocument } from '../envelope/resolvers.js';
import type { FetchDocument, FetchDocumentOptions } from './fetch-document.js';

/** A DID's document with what proves it, as a network method found and checked it. */
export interface DidCopy {
  /** Undefined when the DID was deactivated, provably and for good. */
  readonly document: DidDocument | undefined;
  /** Everything that is needed to check the copy again, as text. The same text means the same document. */
  readonly source: string;
  /** How long the owner, or else the method, lets the copy pass for the current one. */
  readonly ttlMs: number;
}

/** A DID method whose documents come from the network, as the cache in front of it sees it. */
export interface NetworkMethod {
  /** The name between the colons: `web` in `did:web:example.org`. */
  readonly method: string;
  /**
   * Asks the host of the DID. Undefined when it says that the DID does not exist. An answer that is older than `kept`,
   * the last copy that was accepted, is refused where the method can tell.
   * Throws ERR_DID_MALFORMED; ERR_DID_DOCUMENT for an answer that is not a valid document of this DID; ERR_DID_UNAVAILABLE
   * and the errors of {@link FetchDocument} when there is no usable answer.
   */
  fetch(did: string, kept: DidCopy | undefined, nowMs: number): Promise<DidCopy | undefined>;
  /** Checks the source of a copy that was kept, and makes the copy from it. Throws ERR_DID_DOCUMENT. */
  open(did: string, source: string, nowMs: number): Promise<DidCopy>;
}

/**
 * The body of a document on a host, or undefined where the host says that there is none (404, 410).
 * Throws ERR_DID_UNAVAILABLE for every other status, and the errors of {@link FetchDocument}.
 */
export async function fetchBody(
  fetchDocument: FetchDocument,
  url: string,
  options: FetchDocumentOptions,
): Promise<Uint8Array | undefined> {
  const { status, body } = await fetchDocument(url, options);
  if (status === 200) return body;
  if (status === 404 || status === 410) return undefined;
  throw new WaypostError('ERR_DID_UNAVAILABLE', `${url} answers with HTTP status ${status}`, { retryable: true });
}
