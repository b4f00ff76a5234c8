import type { ErrorCode, WaypostError } from '../../src/core/errors.js';

/*
 * What a POST is answered when it is not accepted. The text of an answer says no more than its status: the exact code
 * would tell a stranger which keys and DIDs are held here.
 */

/** Status by error code. A code that is not listed is a fault on this side: 503 when retryable, else 500. */
const STATUS: { readonly [code in ErrorCode]?: number } = {
  // malformed, undecryptable, inconsistent: sending it again cannot help
  ERR_NOT_UTF8: 400,
  ERR_JSON_MALFORMED: 400,
  ERR_BASE64URL: 400,
  ERR_MULTIBASE: 400,
  ERR_KEY_INVALID: 400,
  ERR_KEY_UNSUPPORTED: 400,
  ERR_SECRET_NOT_FOUND: 400,
  ERR_CRYPTO_FAILED: 400,
  ERR_MESSAGE_MALFORMED: 400,
  ERR_ENVELOPE_UNKNOWN: 400,
  ERR_ENVELOPE_NESTING: 400,
  ERR_JWE_MALFORMED: 400,
  ERR_JWE_ALG: 400,
  ERR_JWE_ENC: 400,
  ERR_JWE_EPK: 400,
  ERR_JWE_APV: 400,
  ERR_JWE_APU: 400,
  ERR_JWE_SKID: 400,
  ERR_JOSE_CRIT: 400,
  ERR_JWE_NO_RECIPIENT: 400,
  ERR_DECRYPT_FAILED: 400,
  ERR_JWS_MALFORMED: 400,
  ERR_JWS_ALG: 400,
  ERR_JWS_KID: 400,
  ERR_SIGNATURE_INVALID: 400,
  ERR_FROM_MISSING: 400,
  ERR_FROM_MISMATCH: 400,
  ERR_SIGNER_MISMATCH: 400,
  ERR_TO_MISSING: 400,
  ERR_TO_MISMATCH: 400,
  ERR_KEY_NOT_AUTHORIZED: 400,
  ERR_FROM_PRIOR: 400,
  ERR_DID_MALFORMED: 400,
  ERR_DID_METHOD: 400,
  ERR_DID_NOT_FOUND: 400,
  ERR_DID_DOCUMENT: 400,
  ERR_PROTOCOL_UNKNOWN: 400,
  ERR_EXPIRED: 400,
  ERR_CBOR_MALFORMED: 400,
  ERR_DEVICE_UNKNOWN: 400,
  ERR_FRAME_MALFORMED: 400,
  ERR_FRAME_FORGED: 400,
  ERR_FRAME_REPLAYED: 400,
  ERR_FRAME_TOO_OLD: 400,
  ERR_FRAME_EPOCH: 400,

  ERR_NOT_ALLOWED: 403,
  ERR_NEXT_UNKNOWN: 404,
  ERR_TOO_LARGE: 413,
  ERR_MEDIA_TYPE: 415,
  ERR_RATE_LIMIT: 429,
  ERR_QUOTA_DEPOSITOR: 429,
  ERR_DRAINING: 503,
  ERR_STORE_BUSY: 503,
  ERR_DID_UNAVAILABLE: 503,
  ERR_STORE_FULL: 507,
  ERR_QUOTA_RECIPIENT: 507,
};

const TEXT: { readonly [status: number]: string } = {
  400: 'The message is malformed, or cannot be decrypted or trusted here.',
  403: 'The sender may not do this here.',
  404: 'The recipient is not registered here.',
  413: 'The message is larger than is taken here.',
  415: 'Only DIDComm v2 messages are taken here, by their media types and without a content coding.',
  429: 'Too much from this sender. Try again later.',
  500: 'A fault on this side. The message was not taken.',
  503: 'Not now. The message was not taken; try again later.',
  507: 'No room for the message. It was not taken; try again later.',
};

export function statusOf(reason: WaypostError): number {
  return STATUS[reason.code] ?? (reason.retryable ? 503 : 500);
}

export function textOf(status: number): string {
  return TEXT[status] ?? '';
}

/** Seconds for `Retry-After`, where trying again can help. */
export function retryAfterSeconds(status: number, reason: WaypostError, defaultMs: number): number | undefined {
  if (status !== 429 && status !== 503 && status !== 507) return undefined;
  return Math.max(1, Math.ceil((reason.retryAfterMs ?? defaultMs) / 1000));
}
