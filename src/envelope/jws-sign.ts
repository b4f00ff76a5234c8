import { toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { SIGNATURE_ALGORITHM_OF, type SignatureAlgorithm } from '../crypto/primitives.js';
import { MEDIA_TYPE } from './media-type.js';
import type { DidKey } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

/**
 * Makes a signed message: a general JSON JWS (RFC 7515, 7.2.1; DIDComm v2.1, "Message Signing"). The key id stands
 * in the unprotected header, where every implementation that was measured finds it.
 */
export async function signJws(secrets: SecretsResolver, signer: DidKey, payload: Uint8Array): Promise<string> {
  const algorithm = signatureAlgorithmOf(signer);
  const protectedText = toBase64url(utf8(JSON.stringify({ typ: MEDIA_TYPE.signed, alg: algorithm })));
  const payloadText = toBase64url(payload);
  // JWS Signing Input (RFC 7515, 5.1 step 8).
  const signature = await secrets.sign(signer.id, algorithm, utf8(`${protectedText}.${payloadText}`));
  return JSON.stringify({
    payload: payloadText,
    signatures: [{ protected: protectedText, signature: toBase64url(signature), header: { kid: signer.id } }],
  });
}

/** The algorithm that a key signs with. Throws ERR_KEY_UNSUPPORTED for curves that DIDComm does not sign with. */
export function signatureAlgorithmOf(signer: DidKey): SignatureAlgorithm {
  const algorithm = SIGNATURE_ALGORITHM_OF[signer.jwk.crv];
  if (algorithm === undefined) {
    throw new WaypostError(
      'ERR_KEY_UNSUPPORTED',
      `${quote(signer.id, 200)} is a ${signer.jwk.crv} key, which does not sign`,
    );
  }
  return algorithm;
}
