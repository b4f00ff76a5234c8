import { quote } from '../core/errors.js';
import { decodeMultikey, encodeMultikey } from '../crypto/multikey.js';
import type { Primitives } from '../crypto/primitives.js';
import type { DidDocument, VerificationRelationship } from '../envelope/resolvers.js';
import { decodingDid, parseDid } from './did.js';
import { composeDocument, type ListedKey, MULTIKEY_CONTEXT, relationshipsOf } from './document.js';

/*
 * did:key (w3c-ccg, The did:key Method, 3.1): the DID is the key. The key id repeats the key: `did:key:z6Mk..#z6Mk..`.
 */

/**
 * The document of a did:key. An Ed25519 key brings its X25519 form along for key agreement, `#z6LS..`.
 * Throws ERR_DID_MALFORMED, and ERR_KEY_UNSUPPORTED for a key of another kind than those of `Curve`.
 */
export function resolveKey(primitives: Primitives, did: string): DidDocument {
  return decodingDid(quote(did), () => keyDocument(primitives, did, parseDid(did).id));
}

/** The document of a DID that consists of one multikey. did:peer:0 shares it. Throws as `decodeMultikey` does. */
export function keyDocument(primitives: Primitives, did: string, multikey: string): DidDocument {
  const jwk = decodeMultikey(primitives, multikey, 'its key');
  const keys = [listKey(did, multikey, relationshipsOf(jwk.crv))];
  if (jwk.crv === 'Ed25519') {
    const derived = encodeMultikey(primitives, primitives.ed25519ToX25519(jwk));
    keys.push(listKey(did, derived, ['keyAgreement']));
  }
  return composeDocument({ context: MULTIKEY_CONTEXT, did, keys });
}

function listKey(did: string, multikey: string, relationships: readonly VerificationRelationship[]): ListedKey {
  const id = `${did}#${multikey}`;
  return { method: { id, type: 'Multikey', controller: did, publicKeyMultibase: multikey }, relationships };
}
