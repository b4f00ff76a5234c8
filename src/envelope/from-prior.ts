import { fromBase64url, toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { isWaypostError, WaypostError } from '../core/errors.js';
import { type JsonObject, parseJsonObject } from '../core/json.js';

import {
  type Primitives,
  type PublicKey,
  SIGNATURE_ALGORITHM_OF,
  type SignatureAlgorithm,
} from '../crypto/primitives.js';
import { didOf, isDid, isKeyId } from './did-url.js';
import { signatureAlgorithmOf } from './jws-sign.js';
import type { PublicKeys } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

/** A verified DID rotation (DIDComm v2.1, "DID Rotation"): the holder of `priorDid` says that it is now `did`. */
export interface Rotation {
  readonly priorDid: string;
  /** The new DID; null when the relationship ends ("Ending a Relationship"). */
  readonly did: string | null;
  /** The key of `priorDid` that signed. */
  readonly keyId: string;
  /** When the DID was rotated (not when the message was sent), seconds since 1970 UTC; null where the proof is silent. */
  readonly issuedAt: number | null;
}

/** What the proof of a DID rotation says (DIDComm v2.1, "DID Rotation"). */
export interface FromPriorInput {
  /** A key of the old DID that is listed there for authentication. */
  readonly signBy: string;
  /** The new DID; left out, the relationship ends. */
  readonly did?: string;
  /** Seconds since 1970 UTC. */
  readonly issuedAt: number;
}

/**
 * Whether a rotation was verified before and is remembered. A peer repeats its proof until it is sure that everybody has
 * it; by then its old DID may be gone, and with it the key that would verify the proof once more.
 */
export type IsKnownRotation = (priorDid: string, did: string) => Promise<boolean>;

/** A JWT of a rotation is small: two DIDs and a time, and a key id. */
const LIMITS = { maxBytes: 40_000, maxDepth: 4 };
const MAX_JWT_CHARS = 110_000;

/** As `Envelopes.packFromPrior`. */
export async function packFromPrior(
  publicKeys: PublicKeys,
  secrets: SecretsResolver,
  input: FromPriorInput,
): Promise<string> {
  const signer = await publicKeys.find(input.signBy, 'authentication');
  const algorithm = signatureAlgorithmOf(signer);
  const header = { typ: 'JWT', alg: algorithm, kid: signer.id };
  const claims = {
    iss: didOf(input.signBy),
    ...(input.did === undefined ? {} : { sub: input.did }),
    iat: input.issuedAt,
  };
  const signed = `${toBase64url(utf8(JSON.stringify(header)))}.${toBase64url(utf8(JSON.stringify(claims)))}`;
  return `${signed}.${toBase64url(await secrets.sign(signer.id, algorithm, utf8(signed)))}`;
}

/**
 * Verifies the `from_prior` header of a message whose `from` is `did`. Where the old DID cannot be resolved, a rotation
 * that `isKnown` is taken without its signature: it says nothing new. Throws ERR_FROM_PRIOR, ERR_BASE64URL,
 * ERR_JSON_MALFORMED, ERR_NOT_UTF8, ERR_TOO_LARGE, and what the look-up of the key throws: ERR_DID_UNAVAILABLE means
 * that the old DID cannot be resolved now.
 */
export async function verifyFromPrior(
  primitives: Primitives,
  publicKeys: PublicKeys,
  jwt: string,
  did: string | undefined,
  isKnown: IsKnownRotation,
): Promise<Rotation> {
  if (jwt.length > MAX_JWT_CHARS) {
    throw new WaypostError('ERR_TOO_LARGE', `from_prior has ${jwt.length} characters, the limit is ${MAX_JWT_CHARS}`);
  }
  const parts = jwt.split('.');
  const [headerText, claimsText, signatureText] = parts;
  if (parts.length !== 3 || headerText === undefined || claimsText === undefined || signatureText === undefined) {
    throw bad('it is not a JWT in compact form');
  }
  const header = parseJsonObject(fromBase64url(headerText, 'from_prior'), LIMITS, 'the header of from_prior');
  const claims = parseJsonObject(fromBase64url(claimsText, 'from_prior'), LIMITS, 'the claims of from_prior');

  const { iss, sub, keyId } = readNames(header, claims);
  if (!publicKeys.isSameDid(didOf(keyId), iss)) throw bad('its key is not one of the prior DID');
  if (sub === undefined ? did !== undefined : did === undefined || !publicKeys.isSameDid(sub, didOf(did))) {
    throw bad('it is about another DID than the one in `from`');
  }
  if (sub !== undefined && publicKeys.isSameDid(iss, sub)) throw bad('the prior and the new DID are the same');

  const issuedAt = Number.isSafeInteger(claims.iat) ? (claims.iat as number) : null;
  const rotation = { priorDid: iss, did: sub ?? null, keyId, issuedAt };
  const key = await findKey(publicKeys, rotation, isKnown);
  if (key === undefined) return rotation;
  const algorithm = header.alg;
  if (algorithm === undefined || algorithm !== SIGNATURE_ALGORITHM_OF[key.curve]) {
    throw bad('its alg does not fit its key');
  }
  const signature = fromBase64url(signatureText, 'from_prior');
  if (!primitives.verify(algorithm as SignatureAlgorithm, key, utf8(`${headerText}.${claimsText}`), signature)) {
    throw bad('its signature does not verify');
  }
  return rotation;
}

/** The key that signed; undefined when its DID is gone but the rotation is known. Throws what the look-up throws. */
async function findKey(
  publicKeys: PublicKeys,
  { priorDid, did, keyId }: Rotation,
  isKnown: IsKnownRotation,
): Promise<PublicKey | undefined> {
  try {
    return (await publicKeys.find(keyId, 'authentication')).key;
  } catch (error) {
    const isGone = isWaypostError(error, 'ERR_DID_UNAVAILABLE') || isWaypostError(error, 'ERR_DID_NOT_FOUND');
    if (isGone && did !== null && (await isKnown(priorDid, did))) return undefined;
    throw error;
  }
}

function readNames(header: JsonObject, claims: JsonObject): { iss: string; sub: string | undefined; keyId: string } {
  const { iss, sub } = claims;
  if (header.crit !== undefined) throw bad('it demands crit, which is not supported');
  if (!isKeyId(header.kid)) throw bad('its kid is not an absolute DID URL of a key');
  if (!isDid(iss)) throw bad('its iss is not a DID');
  if (sub !== undefined && !isDid(sub)) throw bad('its sub is not a DID');
  return { iss, sub, keyId: header.kid };
}

function bad(why: string): WaypostError {
  return new WaypostError('ERR_FROM_PRIOR', `the proof of a DID rotation is refused: ${why}`);
}
