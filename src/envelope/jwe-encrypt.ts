import { toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import type { AgreementCurve } from '../crypto/jwk.js';
import { CONTENT_ENCRYPTION, type ContentEncryption, type Primitives } from '../crypto/primitives.js';
import { deriveEcdh1pu, deriveEcdhEs } from './key-agreement.js';
import { MEDIA_TYPE } from './media-type.js';
import { ANONCRYPT_ALG, AUTHCRYPT_ALG, type PartiesCache } from './parties.js';
import type { DidKey } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

/** What to encrypt and for whom. All recipient keys are of one DID and one curve. */
export interface JweInput {
  readonly plaintext: Uint8Array;
  readonly curve: AgreementCurve;
  readonly recipients: readonly DidKey[];
  readonly enc: ContentEncryption;
  /** With a sender the message is authcrypted, without one anoncrypted. */
  readonly sender?: { readonly keyId: string; readonly secrets: SecretsResolver };
}

/** Makes an encrypted message: a general JSON JWE (RFC 7516, 7.2.1; DIDComm v2.1, "DIDComm Encrypted Message"). */
export async function encryptJwe(
  { primitives, parties: cache }: { readonly primitives: Primitives; readonly parties: PartiesCache },
  input: JweInput,
): Promise<string> {
  const { plaintext, curve, recipients, enc, sender } = input;
  const ephemeral = primitives.generateEphemeral(curve);

  // Protected header (DIDComm v2.1, "ECDH-1PU key wrapping and common protected headers").
  const alg = sender === undefined ? ANONCRYPT_ALG : AUTHCRYPT_ALG;
  const apu = sender === undefined ? '' : toBase64url(utf8(sender.keyId));
  const parties = cache.of(
    alg,
    apu,
    recipients.map((recipient) => recipient.id),
  );
  const header = {
    typ: MEDIA_TYPE.encrypted,
    alg,
    enc,
    epk: ephemeral.publicJwk,
    apv: parties.apv,
    ...(sender === undefined ? {} : { skid: sender.keyId, apu }),
  };
  const protectedText = toBase64url(utf8(JSON.stringify(header)));

  // Content first: ECDH-1PU wraps the key under a secret that the content's tag is part of (draft 04, 2.1).
  const { keyBytes, ivBytes } = CONTENT_ENCRYPTION[enc];
  const random = primitives.randomBytes(keyBytes + ivBytes);
  const contentKey = random.subarray(0, keyBytes);
  const iv = random.subarray(keyBytes);
  const { ciphertext, tag } = primitives.encrypt(enc, contentKey, iv, utf8(protectedText), plaintext);

  // The content key, wrapped for each recipient (RFC 7518, 4.6.2).
  const wrapped: { header: { kid: string }; encrypted_key: string }[] = [];
  for (const recipient of recipients) {
    const ze = primitives.agree(ephemeral, recipient.key);
    const kek =
      sender === undefined
        ? deriveEcdhEs(primitives, ze, parties)
        : deriveEcdh1pu(primitives, ze, await sender.secrets.agree(sender.keyId, recipient.jwk, true), parties, tag);
    const encryptedKey = toBase64url(primitives.wrapKey(kek, contentKey));
    wrapped.push({ header: { kid: recipient.id }, encrypted_key: encryptedKey });
  }

  return JSON.stringify({
    protected: protectedText,
    recipients: wrapped,
    iv: toBase64url(iv),
    ciphertext: toBase64url(ciphertext),
    tag: toBase64url(tag),
  });
}
