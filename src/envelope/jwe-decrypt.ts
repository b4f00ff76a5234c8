import { fromBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { isWaypostError, WaypostError } from '../core/errors.js';
import { CONTENT_ENCRYPTION, type Primitives } from '../crypto/primitives.js';
import type { Jwe, JweRecipient } from './jwe.js';
import { deriveEcdh1pu, deriveEcdhEs } from './key-agreement.js';
import type { PublicKeys } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

export interface DecryptedJwe {
  readonly plaintext: Uint8Array;
  /** Which of the recipients is ours and opened it. */
  readonly recipientKeyId: string;
}

/**
 * Opens a JWE with the first of its recipients whose private key is held. There is no second try with another one:
 * which recipient counts must not depend on what somebody damaged on the way.
 *
 * Throws ERR_JWE_NO_RECIPIENT, ERR_JWE_EPK, ERR_DECRYPT_FAILED (one answer for every way in which it can fail), and
 * for authcrypt what the look-up of the sender's key throws.
 */
export async function decryptJwe(
  primitives: Primitives,
  publicKeys: PublicKeys,
  secrets: SecretsResolver,
  jwe: Jwe,
): Promise<DecryptedJwe> {
  // Each wait costs as much as decoding a header, so what is there at once is not waited for.
  const held = secrets.find(jwe.recipients.map((candidate) => candidate.keyId));
  const recipient = firstHeld(jwe, held instanceof Promise ? await held : held);
  const { senderKeyId } = jwe.parties;
  // The sender's key must be a key agreement key of the sender's DID (DIDComm v2.1, "Key IDs kid and skid headers").
  const found = senderKeyId === undefined ? undefined : publicKeys.find(senderKeyId, 'keyAgreement');
  const sender = found instanceof Promise ? await found : found;
  const encryptedKey = fromBase64url(recipient.encryptedKey, 'encrypted_key');

  const agreed = ephemeralSecret(secrets, jwe, recipient.keyId);
  const ze = agreed instanceof Promise ? await agreed : agreed;
  if (sender !== undefined && sender.jwk.crv !== jwe.epk.crv) throw decryptFailed();
  const zs = sender === undefined ? undefined : secrets.agree(recipient.keyId, sender.jwk, true);
  const kek =
    zs === undefined
      ? deriveEcdhEs(primitives, ze, jwe.parties)
      : deriveEcdh1pu(primitives, ze, zs instanceof Promise ? await zs : zs, jwe.parties, jwe.tag);
  try {
    const contentKey = primitives.unwrapKey(kek, encryptedKey);
    if (contentKey.length !== CONTENT_ENCRYPTION[jwe.enc].keyBytes) throw decryptFailed();
    const sealed = { ciphertext: jwe.ciphertext, tag: jwe.tag };
    const plaintext = primitives.decrypt(jwe.enc, contentKey, jwe.iv, utf8(jwe.aad), sealed);
    return { plaintext, recipientKeyId: recipient.keyId };
  } catch (error) {
    // Which step failed is told to nobody: it would make the recipient an oracle.
    if (isWaypostError(error)) throw decryptFailed();
    throw error;
  }
}

function firstHeld(jwe: Jwe, heldKeyIds: readonly string[]): JweRecipient {
  const recipient = jwe.recipients.find((candidate) => candidate.keyId === heldKeyIds[0]);
  if (recipient !== undefined) return recipient;
  const count = jwe.recipients.length;
  throw new WaypostError('ERR_JWE_NO_RECIPIENT', `no private key is held for any of ${count} recipients`);
}

/** `secrets` checks that the ephemeral key is on its curve and of the recipient key's curve. */
function ephemeralSecret(secrets: SecretsResolver, jwe: Jwe, keyId: string): Uint8Array | Promise<Uint8Array> {
  const asEpk = (error: unknown): never => {
    if (!isWaypostError(error, 'ERR_KEY_INVALID')) throw error;
    throw new WaypostError('ERR_JWE_EPK', 'epk is not a valid key of the curve of the recipient key', { cause: error });
  };
  try {
    const agreed = secrets.agree(keyId, jwe.epk, false);
    return agreed instanceof Promise ? agreed.catch(asEpk) : agreed;
  } catch (error) {
    return asEpk(error);
  }
}

function decryptFailed(): WaypostError {
  return new WaypostError('ERR_DECRYPT_FAILED', 'the message was damaged, forged, or made for another key');
}
