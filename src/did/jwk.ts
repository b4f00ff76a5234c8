import { fromBase64url, toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { type JsonObject, parseJsonObject } from '../core/json.js';
import { type Curve, type PublicJwk, toPublicJwk } from '../crypto/jwk.js';
import type { Primitives } from '../crypto/primitives.js';
import { MAX_DID_LENGTH } from '../envelope/did-url.js';
import type { DidDocument, VerificationRelationship } from '../envelope/resolvers.js';
import { decodingDid, malformedDid, parseDid } from './did.js';
import { composeDocument, relationshipsOf } from './document.js';

/*
 * did:jwk (github.com/quartzjer/did-jwk, spec.md): base64url of one public JWK; the key id is always `#0`, whatever
 * `kid` says. No error here quotes the DID: somebody may have put a private key into it.
 */

const WHAT = 'a did:jwk';
const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'];
const LIMITS = { maxBytes: MAX_DID_LENGTH, maxDepth: 8 };

/** The members of RFC 7518, 6.2.2, 6.3.2 and 6.4, and RFC 8037, 2, that must stay secret. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Names a key. A curve that can only agree says so with `use`, as the specification wishes. */
export function encodeJwkDid(jwk: PublicJwk): string {
  const named = jwk.crv === 'X25519' ? { ...jwk, use: 'enc' } : jwk;
  return `did:jwk:${toBase64url(utf8(JSON.stringify(named)))}`;
}

/** The document of a did:jwk. Throws ERR_DID_MALFORMED, ERR_KEY_UNSUPPORTED. */
export function resolveJwk(primitives: Primitives, did: string): DidDocument {
  return decodingDid(WHAT, () => {
    const jwk = parseJsonObject(fromBase64url(parseDid(did).id, 'its id'), LIMITS, 'its JWK');
    const secret = PRIVATE_MEMBERS.find((member) => Object.hasOwn(jwk, member));
    if (secret !== undefined) throw malformedDid(WHAT, `it holds the private member "${secret}"`);
    const key = toPublicJwk(jwk, 'its JWK');
    primitives.importPublicKey(key);
    const method = { id: `${did}#0`, type: 'JsonWebKey2020', controller: did, publicKeyJwk: jwk };
    return composeDocument({ context: CONTEXT, did, keys: [{ method, relationships: usesOf(key.crv, jwk) }] });
  });
}

/** `use` narrows what the curve can do (did:jwk, "To create the DID Document"). */
function usesOf(curve: Curve, jwk: JsonObject): readonly VerificationRelationship[] {
  const possible = relationshipsOf(curve);
  if (jwk.use === 'sig') return possible.filter((relationship) => relationship !== 'keyAgreement');
  if (jwk.use === 'enc') return possible.filter((relationship) => relationship === 'keyAgreement');
  return possible;
}
