import { fromBase64url } from '../core/base64url.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.js';
import { type PublicJwk, toPublicJwk } from '../crypto/jwk.js';
import { type ContentEncryption, isContentEncryption } from '../crypto/primitives.js';
import { isKeyId } from './did-url.js';
import type { EnvelopeLimits } from './limits.js';
import { checkMediaType } from './media-type.js';
import { ANONCRYPT_ALG, AUTHCRYPT_ALG, type Parties, type PartiesCache } from './parties.js';

/** A received JWE, read and checked as far as that needs no private key. */
export interface Jwe {
  readonly kind: 'authcrypt' | 'anoncrypt';
  readonly enc: ContentEncryption;
  readonly epk: PublicJwk;
  readonly parties: Parties;
  readonly recipients: readonly JweRecipient[];
  /** The additional authenticated data: the protected header as it was received (RFC 7516, 5.1 step 14). */
  readonly aad: string;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export interface JweRecipient {
  readonly keyId: string;
  /** Still base64url: only the one that is ours is ever decoded. */
  readonly encryptedKey: string;
}

/** Header parameters that DIDComm wants under the protection of the tag, so that nobody can exchange them. */
const PROTECTED_ONLY: ReadonlySet<string> = new Set(['alg', 'enc', 'epk', 'apu', 'apv', 'skid', 'crit', 'zip']);

/**
 * Reads a general JSON JWE (RFC 7516, 7.2.1) and checks what DIDComm demands of its headers.
 * Throws ERR_JWE_MALFORMED, ERR_JWE_ALG, ERR_JWE_ENC, ERR_JWE_EPK, ERR_JWE_APV, ERR_JWE_APU, ERR_JWE_SKID,
 * ERR_JOSE_CRIT, ERR_MEDIA_TYPE, ERR_BASE64URL, ERR_TOO_LARGE.
 */
export function readJwe(cache: PartiesCache, value: JsonObject, limits: EnvelopeLimits): Jwe {
  const protectedText = text(value, 'protected');
  const header = parseJsonObject(fromBase64url(protectedText, 'protected'), limits, 'the protected header');
  checkMediaType(header.typ, 'encrypted');
  if (header.crit !== undefined || header.zip !== undefined) {
    throw new WaypostError('ERR_JOSE_CRIT', 'the protected header demands crit or zip, which are not supported');
  }
  const kind = kindOf(header.alg);
  const enc = readEnc(header.enc, kind);
  const recipients = readRecipients(value, limits);
  checkUnprotected(value.unprotected, 'the unprotected header');

  return {
    kind,
    enc,
    epk: readEpk(header.epk),
    parties: readParties(cache, header, kind, recipients),
    recipients,
    aad: value.aad === undefined ? protectedText : `${protectedText}.${canonical(value, 'aad')}`,
    iv: fromBase64url(text(value, 'iv'), 'iv'),
    ciphertext: fromBase64url(text(value, 'ciphertext'), 'ciphertext'),
    tag: fromBase64url(text(value, 'tag'), 'tag'),
  };
}

function kindOf(alg: unknown): Jwe['kind'] {
  if (alg === AUTHCRYPT_ALG) return 'authcrypt';
  if (alg === ANONCRYPT_ALG) return 'anoncrypt';
  throw new WaypostError('ERR_JWE_ALG', `alg is ${quote(alg)}, neither ${AUTHCRYPT_ALG} nor ${ANONCRYPT_ALG}`);
}

function readEnc(enc: unknown, kind: Jwe['kind']): ContentEncryption {
  if (!isContentEncryption(enc)) throw new WaypostError('ERR_JWE_ENC', `enc is ${quote(enc)}, which is not supported`);
  // draft-madden-jose-ecdh-1pu-04, 2.1: key wrapping needs a compactly committing AEAD, which only this one is.
  if (kind === 'authcrypt' && enc !== 'A256CBC-HS512') {
    throw new WaypostError('ERR_JWE_ENC', `enc is ${enc}, but ${AUTHCRYPT_ALG} allows A256CBC-HS512 only`);
  }
  return enc;
}

function readEpk(epk: unknown): PublicJwk {
  try {
    return toPublicJwk(epk, 'epk');
  } catch (cause) {
    throw new WaypostError('ERR_JWE_EPK', 'epk is not a public key of a supported curve', { cause });
  }
}

/** `apu`, `apv` and `skid` must say the same as the recipients and each other. */
function readParties(
  cache: PartiesCache,
  { apu, apv, skid }: JsonObject,
  kind: Jwe['kind'],
  recipients: readonly JweRecipient[],
): Parties {
  if (typeof apv !== 'string') throw new WaypostError('ERR_JWE_APV', 'apv is missing');
  if (apu !== undefined && typeof apu !== 'string') throw new WaypostError('ERR_JWE_APU', 'apu is not a text');
  const alg = kind === 'authcrypt' ? AUTHCRYPT_ALG : ANONCRYPT_ALG;
  const parties = cache.of(
    alg,
    apu ?? '',
    recipients.map((recipient) => recipient.keyId),
  );
  if (apv !== parties.apv) {
    throw new WaypostError('ERR_JWE_APV', 'apv is not the hash of the sorted recipient key ids');
  }
  // Without `skid` the sender key is the one that `apu` names.
  if (kind === 'authcrypt' && skid !== undefined && skid !== parties.senderKeyId) {
    throw new WaypostError('ERR_JWE_APU', 'apu is not the base64url form of skid');
  }
  return parties;
}

function readRecipients(value: JsonObject, limits: EnvelopeLimits): readonly JweRecipient[] {
  const list = value.recipients;
  if (!Array.isArray(list) || list.length === 0) throw malformed('recipients is not an array with an entry');
  if (list.length > limits.maxRecipients) {
    throw new WaypostError('ERR_TOO_LARGE', `${list.length} recipients, the limit is ${limits.maxRecipients}`);
  }
  const recipients = list.map((recipient: unknown, index) => {
    if (!isJsonObject(recipient) || !isJsonObject(recipient.header))
      throw malformed(`recipients[${index}] has no header`);
    checkUnprotected(recipient.header, `recipients[${index}].header`);
    const keyId = recipient.header.kid;
    if (!isKeyId(keyId)) throw malformed(`recipients[${index}].header.kid is not an absolute DID URL of a key`);
    return { keyId, encryptedKey: text(recipient, 'encrypted_key') };
  });
  if (recipients.length > 1 && new Set(recipients.map(({ keyId }) => keyId)).size < recipients.length) {
    throw malformed('recipients names a key id twice');
  }
  return recipients;
}

function checkUnprotected(header: unknown, what: string): void {
  if (header === undefined) return;
  if (!isJsonObject(header)) throw malformed(`${what} is not an object`);
  for (const name in header) {
    if (PROTECTED_ONLY.has(name)) throw malformed(`${what} holds ${name}, which must be protected`);
  }
}

function canonical(value: JsonObject, member: string): string {
  const encoded = text(value, member);
  fromBase64url(encoded, member);
  return encoded;
}

function text(value: JsonObject, member: string): string {
  const found = value[member];
  if (typeof found !== 'string') throw malformed(`${member} is not a text`);
  return found;
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_JWE_MALFORMED', `an encrypted message is malformed: ${why}`);
}
