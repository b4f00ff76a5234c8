import type { JsonObject } from '../core/json.js';
import type { EnvelopeKind } from './media-type.js';

const JWE_MEMBERS = ['protected', 'recipients', 'iv', 'ciphertext', 'tag'] as const;

/**
 * Which kind of envelope a JSON object is, by its members: `typ` is optional and can lie. What has the two headers that a
 * plaintext needs is one, whatever unknown headers it has beside them, also such as `ciphertext` ("Message Headers":
 * unknown headers MUST NOT cause a failure). Only with all members of a JWE or JWS it is that: those may carry unknown
 * members too (RFC 7516, 7.2.1; RFC 7515, 7.2.1). `pack` refuses a plaintext of that shape.
 */
export function envelopeKindOf(value: JsonObject): EnvelopeKind {
  const hasPlainHeaders = typeof value.id === 'string' && typeof value.type === 'string';
  if (value.ciphertext !== undefined && !(hasPlainHeaders && !isWholeJwe(value))) return 'encrypted';
  const isJws = value.payload !== undefined && (value.signatures ?? value.signature) !== undefined;
  return isJws && !(hasPlainHeaders && !isWholeJws(value)) ? 'signed' : 'plain';
}

function isWholeJwe(value: JsonObject): boolean {
  return JWE_MEMBERS.every((member) => value[member] !== undefined);
}

function isWholeJws({ signatures, signature, protected: header }: JsonObject): boolean {
  return Array.isArray(signatures) || (signature !== undefined && header !== undefined);
}
