import { quote, WaypostError } from '../core/errors.js';
import { didOf } from './did-url.js';
import type { Layer } from './layers.js';
import type { PlaintextMessage } from './message.js';
import type { PublicKeys } from './public-keys.js';

/**
 * DIDComm v2.1, "Message Layer Addressing Consistency": what the envelopes prove and what the plaintext says must
 * be the same. Libraries that skip this report a sender who is not the one that encrypted.
 * Throws ERR_FROM_MISSING, ERR_FROM_MISMATCH, ERR_SIGNER_MISMATCH, ERR_TO_MISSING, ERR_TO_MISMATCH.
 */
export function checkAddressing(
  publicKeys: Pick<PublicKeys, 'isSameDid' | 'canonical'>,
  layers: readonly Layer[],
  message: PlaintextMessage,
): void {
  const audience = audienceOf({ canonical: (did) => publicKeys.canonical(did) }, message);
  for (const layer of layers) {
    if (layer.kind === 'signed') {
      for (const signer of layer.signers) checkSigner(publicKeys, signer.keyId, message);
      // Else the recipient could encrypt the signed message anew, to somebody it was not meant for.
      if (layers[0] !== layer && message.to === undefined) {
        throw new WaypostError('ERR_TO_MISSING', 'a message that is signed inside encryption has no `to`');
      }
    } else {
      if (layer.senderKeyId !== null) checkSender(publicKeys, layer.senderKeyId, message);
      for (const keyId of layer.recipientKeyIds) checkRecipient(keyId, audience);
    }
  }
}

/** "The `from` attribute in the plaintext message MUST match the `skid` attribute in the encryption layer." */
function checkSender(publicKeys: Pick<PublicKeys, 'isSameDid'>, keyId: string, message: PlaintextMessage): void {
  if (message.from === undefined) throw new WaypostError('ERR_FROM_MISSING', 'an authcrypted message has no `from`');
  if (publicKeys.isSameDid(didOf(message.from), didOf(keyId))) return;
  const claimed = quote(message.from, 200);
  throw new WaypostError(
    'ERR_FROM_MISMATCH',
    `from is ${claimed}, but ${quote(didOf(keyId), 200)} encrypted the message`,
  );
}

/** "The `from` attribute in the plaintext message MUST match the signer's `kid` in a signed message." */
function checkSigner(publicKeys: Pick<PublicKeys, 'isSameDid'>, keyId: string, message: PlaintextMessage): void {
  if (message.from === undefined) throw new WaypostError('ERR_FROM_MISSING', 'a signed message has no `from`');
  if (publicKeys.isSameDid(didOf(message.from), didOf(keyId))) return;
  const claimed = quote(message.from, 200);
  throw new WaypostError(
    'ERR_SIGNER_MISMATCH',
    `from is ${claimed}, but ${quote(didOf(keyId), 200)} signed the message`,
  );
}

/**
 * "The `to` attribute in the plaintext message MUST contain the `kid` attribute of an encrypted message." A missing
 * `to` is fine: the recipient can only assume to be the only one.
 */
function checkRecipient(keyId: string, audience: ((did: string) => boolean) | undefined): void {
  const did = didOf(keyId);
  if (audience === undefined || audience(did)) return;
  throw new WaypostError('ERR_TO_MISMATCH', `to does not list ${quote(did, 200)}, which the message is encrypted to`);
}

/** Whether `to` lists a DID. A stranger chooses how long it is, and how many recipients ask: each entry counts once. */
function audienceOf(
  { canonical }: { canonical(did: string): string },
  { to }: PlaintextMessage,
): ((did: string) => boolean) | undefined {
  if (to === undefined) return undefined;
  const first = to[0];
  let listed: Set<string> | undefined;
  let spellings: Set<string> | undefined;
  return (did) => {
    if (first !== undefined && didOf(first) === did) return true; // nearly always the only one
    listed ??= new Set(to.map(didOf));
    if (listed.has(did)) return true;
    spellings ??= new Set([...listed].map((other) => canonical(other)));
    return spellings.has(canonical(did));
  };
}
