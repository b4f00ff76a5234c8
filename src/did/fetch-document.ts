/** What a request may do. */
export interface FetchDocumentOptions {
  /** Media types for the `Accept` header. */
  readonly accept: string;
  /** Bytes of the body; more is ERR_TOO_LARGE. */
  readonly maxBytes: number;
}

export interface FetchedDocument {
  /** HTTP status of the last answer; redirects were followed. */
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * GETs one https document; the port through which DID methods reach the network. An implementation bounds the time
 * and guards where a request may lead, because the URL is made from a DID that a stranger chose.
 * Throws ERR_NETWORK (retryable) without an answer, ERR_ADDRESS_REFUSED, ERR_TOO_LARGE. Any status is an answer.
 */
export type FetchDocument = (url: string, options: FetchDocumentOptions) => Promise<FetchedDocument>;
