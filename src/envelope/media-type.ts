import { quote, WaypostError } from '../core/errors.js';

/** The media types of the three kinds of envelope (DIDComm v2.1, "Media Types"). */
export const MEDIA_TYPE = {
  plain: 'application/didcomm-plain+json',
  signed: 'application/didcomm-signed+json',
  encrypted: 'application/didcomm-encrypted+json',
} as const;

export type EnvelopeKind = keyof typeof MEDIA_TYPE;

/*
 * The construction of signed messages in the specification shows `"typ":"JWM"`, the type of the draft that DIDComm
 * grew from; it says nothing about the kind of envelope and is let through.
 */
const NEUTRAL = 'application/jwm';

/**
 * Checks a `typ` header where there is one. A value without "/" counts as if it began with "application/", and media
 * types do not depend on case (RFC 7515, 4.1.9). Throws ERR_MEDIA_TYPE.
 */
export function checkMediaType(typ: unknown, kind: EnvelopeKind): void {
  if (typ === undefined) return;
  const full = typeof typ === 'string' ? (typ.includes('/') ? typ : `application/${typ}`).toLowerCase() : undefined;
  if (full === MEDIA_TYPE[kind] || full === NEUTRAL) return;
  throw new WaypostError('ERR_MEDIA_TYPE', `typ is ${quote(typ)} where ${MEDIA_TYPE[kind]} is expected`);
}
