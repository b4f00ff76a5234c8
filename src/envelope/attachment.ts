import { fromBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';

/** The content of an attachment (DIDComm v2.1, "Attachments"): `json`, `base64` or `links` with their `hash`. */
export interface AttachmentData {
  /** Any JSON value, inline. */
  readonly json?: unknown;
  /** Inline bytes, base64url. */
  readonly base64?: string;
  /** Addresses of the content, with `hash`, a multihash of it. */
  readonly links?: readonly string[];
  readonly hash?: string;
  /** A JWS over the content, with an empty payload. */
  readonly jws?: unknown;
  readonly [member: string]: unknown;
}

/** An attachment (DIDComm v2.1, "Attachments"), as it stands in a message: everything in it is only what the sender says. */
export interface Attachment {
  /** Differs from those of the other attachments of the message. */
  readonly id?: string;
  /** For people. */
  readonly description?: string;
  /** What to call it when it is saved. A stranger's text: not a path. */
  readonly filename?: string;
  /** Of the content (RFC 6838). */
  readonly media_type?: string;
  /** What says more than the media type, such as a version of a format. */
  readonly format?: string;
  /** Seconds since 1970 UTC. */
  readonly lastmod_time?: number;
  /** Bytes of the content. */
  readonly byte_count?: number;
  /** The content itself, or where it is. */
  readonly data: AttachmentData;
  readonly [member: string]: unknown;
}

/** Checks the `attachments` header of a message from outside. Throws ERR_MESSAGE_MALFORMED. */
export function readAttachments(value: unknown): readonly Attachment[] {
  if (!Array.isArray(value)) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'attachments is not an array');
  for (const [index, attachment] of value.entries()) {
    if (!isJsonObject(attachment) || !isJsonObject(attachment.data)) {
      throw new WaypostError('ERR_MESSAGE_MALFORMED', `attachments[${index}] has no data object`);
    }
    const { json, base64, links } = attachment.data;
    if (base64 !== undefined && typeof base64 !== 'string') {
      throw new WaypostError('ERR_MESSAGE_MALFORMED', `attachments[${index}].data.base64 is not a text`);
    }
    if (links !== undefined && !(Array.isArray(links) && links.every((link) => typeof link === 'string'))) {
      throw new WaypostError('ERR_MESSAGE_MALFORMED', `attachments[${index}].data.links is not an array of texts`);
    }
    if (json === undefined && base64 === undefined && links === undefined && attachment.data.jws === undefined) {
      throw new WaypostError('ERR_MESSAGE_MALFORMED', `attachments[${index}].data has neither json, base64 nor links`);
    }
  }
  return value as Attachment[];
}

/**
 * The bytes of an attachment that carries its content inline: `json` as it is written in compact JSON, `base64`
 * decoded. The older padded and standard-alphabet spellings of base64 are accepted here, where nothing is signed or
 * compared by its spelling. Undefined for an attachment that only links to its content. Throws ERR_BASE64URL.
 */
export function attachmentBytes(attachment: Attachment): Uint8Array | undefined {
  const { json, base64 } = attachment.data;
  if (json !== undefined) return utf8(JSON.stringify(json));
  if (base64 === undefined) return undefined;
  // At most two "=": a pattern without a bound would take time with the square of a long row of them.
  const canonical = base64
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '');
  return fromBase64url(canonical, `attachment ${quote(attachment.id ?? '')}`);
}
