import { fromBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.js';
import { type Primitives, SIGNATURE_ALGORITHM_OF, type SignatureAlgorithm } from '../crypto/primitives.js';
import { isKeyId } from './did-url.js';
import type { EnvelopeLimits } from './limits.js';
import { checkMediaType } from './media-type.js';
import type { PublicKeys } from './public-keys.js';

export interface VerifiedJws {
  readonly payload: Uint8Array;
  /** The keys of all signatures, each verified and listed for authentication by its DID. */
  readonly signers: readonly { readonly keyId: string; readonly algorithm: SignatureAlgorithm }[];
}

interface SignatureMembers {
  readonly protectedText: string;
  readonly signature: string;
  readonly header: JsonObject | undefined;
}

/**
 * Verifies a signed message: a JWS in general or flattened JSON (RFC 7515, 7.2; DIDComm v2.1, "Message Signing":
 * both MUST be accepted). Every signature must verify: one that does not makes the message a forgery.
 * Throws ERR_JWS_MALFORMED, ERR_JWS_ALG, ERR_JWS_KID, ERR_SIGNATURE_INVALID, ERR_JOSE_CRIT, ERR_MEDIA_TYPE,
 * ERR_BASE64URL, ERR_TOO_LARGE, and what the look-up of a key throws.
 */
export async function verifyJws(
  primitives: Primitives,
  publicKeys: PublicKeys,
  value: JsonObject,
  limits: EnvelopeLimits,
): Promise<VerifiedJws> {
  const payloadText = text(value, 'payload');
  const payload = fromBase64url(payloadText, 'payload');
  const signers: { keyId: string; algorithm: SignatureAlgorithm }[] = [];
  for (const members of readSignatures(value, limits)) {
    const header = parseJsonObject(fromBase64url(members.protectedText, 'protected'), limits, 'a protected header');
    checkMediaType(header.typ, 'signed');
    // `b64` (RFC 7797) would change what is signed; it is only valid together with `crit`.
    if (header.crit !== undefined || members.header?.crit !== undefined) {
      throw new WaypostError('ERR_JOSE_CRIT', 'a signature demands crit, which is not supported');
    }
    const keyId = keyIdOf(header, members.header);
    const { key } = await publicKeys.find(keyId, 'authentication');
    const algorithm = header.alg;
    if (algorithm === undefined || algorithm !== SIGNATURE_ALGORITHM_OF[key.curve]) {
      throw new WaypostError('ERR_JWS_ALG', `alg is ${quote(algorithm)} with a ${key.curve} key`);
    }
    const signature = fromBase64url(members.signature, 'signature');
    const signed = utf8(`${members.protectedText}.${payloadText}`);
    if (!primitives.verify(algorithm as SignatureAlgorithm, key, signed, signature)) {
      throw new WaypostError('ERR_SIGNATURE_INVALID', `the signature of ${quote(keyId, 200)} does not verify`);
    }
    signers.push({ keyId, algorithm: algorithm as SignatureAlgorithm });
  }
  return { payload, signers };
}

function readSignatures(value: JsonObject, limits: EnvelopeLimits): readonly SignatureMembers[] {
  if (value.signatures === undefined) return [readSignature(value)];
  if (value.signature !== undefined) throw malformed('it is both general and flattened');
  if (!Array.isArray(value.signatures) || value.signatures.length === 0) {
    throw malformed('signatures is not an array with an entry');
  }
  if (value.signatures.length > limits.maxSignatures) {
    const count = value.signatures.length;
    throw new WaypostError('ERR_TOO_LARGE', `${count} signatures, the limit is ${limits.maxSignatures}`);
  }
  return value.signatures.map((signature: unknown) => {
    if (!isJsonObject(signature)) throw malformed('a signature is not an object');
    return readSignature(signature);
  });
}

function readSignature(value: JsonObject): SignatureMembers {
  if (value.header !== undefined && !isJsonObject(value.header)) throw malformed('header is not an object');
  return { protectedText: text(value, 'protected'), signature: text(value, 'signature'), header: value.header };
}

/** The key id, from the protected or the unprotected header; where it stands in both they must agree. */
function keyIdOf(header: JsonObject, unprotected: JsonObject | undefined): string {
  if (unprotected?.alg !== undefined) throw malformed('alg is not protected');
  const keyId = header.kid ?? unprotected?.kid;
  if (unprotected?.kid !== undefined && unprotected.kid !== keyId) {
    throw new WaypostError('ERR_JWS_KID', 'the protected and the unprotected kid of a signature differ');
  }
  if (!isKeyId(keyId))
    throw new WaypostError('ERR_JWS_KID', `kid is ${quote(keyId)}, not an absolute DID URL of a key`);
  return keyId;
}

function text(value: JsonObject, member: string): string {
  const found = value[member];
  if (typeof found !== 'string') throw malformed(`${member} is not a text`);
  return found;
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_JWS_MALFORMED', `a signed message is malformed: ${why}`);
}
