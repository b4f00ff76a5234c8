import { toHex } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { Primitives } from '../crypto/primitives.js';
import { type Attachment, readAttachments } from './attachment.js';
import { isDidWithoutFragment } from './did-url.js';
import { checkMediaType } from './media-type.js';

/** A plaintext message (DIDComm v2.1, "Plaintext Message Structure"). Headers that are not listed are kept as they are. */
export interface PlaintextMessage {
  /** Differs from those of all other messages of its sender: see {@link newMessageId}. */
  readonly id: string;
  /** Message type URI. */
  readonly type: string;
  /** `application/didcomm-plain+json`; packing adds it. */
  readonly typ?: string;
  /** DIDs, or DID URLs without fragment. */
  readonly to?: readonly string[];
  /** Only what the sender says of itself: ask `Unpacked.from` who is proven to have sent the message. */
  readonly from?: string;
  /** The thread: the id of the message that began it (DIDComm v2.1, "Threading"). */
  readonly thid?: string;
  /** The thread that this one came out of. */
  readonly pthid?: string;
  /** Seconds since 1970 UTC; not enforced here. */
  readonly created_time?: number;
  /** The same: after it the sender has given up. */
  readonly expires_time?: number;
  /** What it says, as its type defines it; packing adds an empty one. */
  readonly body?: JsonObject;
  /** Content beside the body. */
  readonly attachments?: readonly Attachment[];
  /** A JWT that proves a DID rotation; verified on receipt, see `Unpacked.rotation`. */
  readonly from_prior?: string;
  /** Ids of messages whose receipt is to be acknowledged, `''` for this one (DIDComm v2.1, "ACKs"). */
  readonly please_ack?: readonly string[];
  /** Ids of messages whose receipt it acknowledges, oldest first. */
  readonly ack?: readonly string[];
  /** `none`, `thread` or `all`: whether answers may come back on the same connection ("Return-Route Extension"). */
  readonly return_route?: string;
  /** Of the texts in it (BCP 47). */
  readonly lang?: string;
  readonly [header: string]: unknown;
}

/** A fresh message id: 32 lower case hexadecimal digits, the length and alphabet that the specification recommends. */
export function newMessageId(primitives: Primitives): string {
  return toHex(primitives.randomBytes(16));
}

/**
 * Checks the headers of a plaintext message that everybody must be able to rely on. Unknown headers never fail
 * ("Message Headers": MUST NOT). What breaks the specification without endangering anybody, such as the textual
 * dates that some agents send, becomes a warning instead of an error.
 * Throws ERR_MESSAGE_MALFORMED, ERR_MEDIA_TYPE.
 */
export function readPlaintext(value: JsonObject, warnings: string[]): PlaintextMessage {
  checkMediaType(value.typ, 'plain');
  for (const header of ['id', 'type'] as const) {
    const text = value[header];
    if (typeof text !== 'string' || text === '') throw malformed(`${header} is not a text: it is required`);
  }
  for (const header of ['thid', 'pthid', 'from_prior'] as const) {
    if (value[header] !== undefined && typeof value[header] !== 'string') throw malformed(`${header} is not a text`);
  }
  if (value.from !== undefined && !isDidWithoutFragment(value.from)) {
    throw malformed(`from is ${quote(value.from)}, not a DID without fragment`);
  }
  if (value.to !== undefined) checkTo(value.to);
  if (value.body === null) warnings.push('body is null instead of an object, it is read as empty');
  else if (value.body !== undefined && !isJsonObject(value.body)) throw malformed('body is not an object');
  for (const header of ['ack', 'please_ack'] as const) {
    const list = value[header];
    if (list !== undefined && !(Array.isArray(list) && list.every((id) => typeof id === 'string'))) {
      throw malformed(`${header} is not an array of texts`);
    }
  }
  if (value.attachments !== undefined) readAttachments(value.attachments);
  for (const header of ['created_time', 'expires_time'] as const) {
    const time = value[header];
    if (time !== undefined && !Number.isSafeInteger(time)) warnings.push(`${header} is not an integer of seconds`);
  }
  return (value.body === null ? { ...value, body: {} } : value) as unknown as PlaintextMessage;
}

function checkTo(to: unknown): void {
  if (!Array.isArray(to)) throw malformed('to is not an array');
  for (const did of to) {
    if (!isDidWithoutFragment(did)) throw malformed(`to lists ${quote(did)}, not a DID without fragment`);
  }
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_MESSAGE_MALFORMED', `a plaintext message is malformed: ${why}`);
}
