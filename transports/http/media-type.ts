import { utf8 } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { isJsonObject, parseJson } from '../../src/core/json.js';

/*
 * The media types of the three kinds of envelope (DIDComm v2.1, "Media Types"). A transport does not open messages;
 * over HTTP it has to name their kind all the same.
 */

const ENCRYPTED = 'application/didcomm-encrypted+json';
const SIGNED = 'application/didcomm-signed+json';
const PLAIN = 'application/didcomm-plain+json';

export const DIDCOMM_MEDIA_TYPES: ReadonlySet<string> = new Set([ENCRYPTED, SIGNED, PLAIN]);

/** The media type of a header value, without parameters such as charset and in lower case. */
export function essenceOf(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * The media type of a packed message, by the members that only one kind of envelope has. What is no envelope at all
 * counts as encrypted: it is opaque here, and the peer will say what it thinks of it.
 */
export function mediaTypeOf(message: Uint8Array): string {
  const envelope = parseLeniently(message);
  if (!isJsonObject(envelope) || 'ciphertext' in envelope) return ENCRYPTED;
  if ('payload' in envelope) return SIGNED;
  return 'type' in envelope ? PLAIN : ENCRYPTED;
}

/**
 * The message in the body of an answer, or undefined. An answer is believed to be one by its media type or its shape,
 * because there are agents that send the packed message as application/json or, wrapped once more, as the JSON text
 * of a string. Others answer with an object of their own that is no message.
 */
export function messageInAnswer(contentType: string | undefined, body: Uint8Array): Uint8Array | undefined {
  if (body.length === 0) return undefined;
  const value = parseLeniently(body);
  if (typeof value === 'string') {
    const inner = utf8(value);
    return isEnvelope(parseLeniently(inner)) ? inner : undefined;
  }
  return isEnvelope(value) || DIDCOMM_MEDIA_TYPES.has(essenceOf(contentType)) ? body : undefined;
}

function isEnvelope(value: unknown): boolean {
  return isJsonObject(value) && ('ciphertext' in value || ('payload' in value && 'signatures' in value));
}

/** Undefined for what is not JSON. The size was limited by whoever read or packed it. */
function parseLeniently(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, { maxBytes: bytes.length, maxDepth: 32 }, 'a message');
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
