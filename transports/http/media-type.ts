import { utf8 } from '../../src/core/bytes.js';
import { isJsonObject } from '../../src/core/json.js';
import {
  COSE,
  ENCRYPTED,
  essenceOf,
  PLAIN,
  parseLeniently,
  SENML_CBOR,
  SENML_JSON,
  SIGNED,
} from '../../src/transport/media-type.js';

export const DIDCOMM_MEDIA_TYPES: ReadonlySet<string> = new Set([ENCRYPTED, SIGNED, PLAIN]);

/** What is taken by POST: messages, and what sensor devices send. */
export const TAKEN_MEDIA_TYPES: ReadonlySet<string> = new Set([...DIDCOMM_MEDIA_TYPES, COSE, SENML_JSON, SENML_CBOR]);

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
  return isEnvelope(value) || DIDCOMM_MEDIA_TYPES.has(essenceOf(contentType ?? '')) ? body : undefined;
}

function isEnvelope(value: unknown): boolean {
  return isJsonObject(value) && ('ciphertext' in value || ('payload' in value && 'signatures' in value));
}
