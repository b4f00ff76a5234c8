import { isWaypostError } from '../core/errors.js';
import { isJsonObject, parseJson } from '../core/json.js';

/*
 * The media types of the three kinds of envelope (DIDComm v2.1, "Media Types"). A transport does not open messages;
 * some have to name their kind all the same: over HTTP in a header, in a folder by the ending of a file's name.
 */

export const ENCRYPTED = 'application/didcomm-encrypted+json';
export const SIGNED = 'application/didcomm-signed+json';
export const PLAIN = 'application/didcomm-plain+json';

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

/** Undefined for what is not JSON. The size was limited by whoever read or packed it. */
export function parseLeniently(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, { maxBytes: bytes.length, maxDepth: 32 }, 'a message');
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
