import { isWaypostError } from '../core/errors.js';
import { isJsonObject, parseJson } from '../core/json.js';

/*
 * The media types of the three kinds of envelope (DIDComm v2.1, "Media Types"). A transport does not open messages;
 * some have to name their kind all the same: over HTTP in a header, in a folder by the ending of a file's name.
 */

export const ENCRYPTED = 'application/didcomm-encrypted+json';
export const SIGNED = 'application/didcomm-signed+json';
export const PLAIN = 'application/didcomm-plain+json';

/*
 * What sensor devices send instead: COSE messages (RFC 9052, 12), and SenML packs (RFC 8428, 12.3).
 */

export const COSE = 'application/cose';
export const SENML_JSON = 'application/senml+json';
export const SENML_CBOR = 'application/senml+cbor';

/** The first byte of a tagged COSE_Mac0 or COSE_Sign1 (RFC 9052, 2). No other message that is sent begins with it. */
export function isCose(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd1 || bytes[0] === 0xd2;
}

/** A media type without parameters such as charset, in lower case. */
export function essenceOf(mediaType: string): string {
  const semicolon = mediaType.indexOf(';');
  return (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * The media type of a packed message, by the members that only one kind of envelope has, or of a COSE message. What is no envelope at all
 * counts as encrypted: it is opaque here, and the peer will say what it thinks of it.
 */
export function mediaTypeOf(message: Uint8Array): string {
  if (isCose(message)) return COSE;
  const envelope = parseLeniently(message);
  if (!isJsonObject(envelope) || 'ciphertext' in envelope) return ENCRYPTED;
  if ('payload' in envelope) return SIGNED;
  return 'type' in envelope ? PLAIN : ENCRYPTED;
}

/** Undefined for what is not JSON. The size was limited by whoever read or packed it. */
export function parseLeniently(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, { maxBytes: bytes.length, maxDepth: 32 }, 'a message');
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
