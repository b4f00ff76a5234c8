import { concatKdf256 } from '../crypto/concat-kdf.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Parties } from './parties.js';

/** The key encryption key of ECDH-ES+A256KW (RFC 7518, 4.6): from the ephemeral-static secret `ze` alone. */
export function deriveEcdhEs(primitives: Primitives, ze: Uint8Array, parties: Parties): Uint8Array {
  return concatKdf256(primitives, [ze], parties.otherInfo);
}

/**
 * The key encryption key of ECDH-1PU+A256KW (draft-madden-jose-ecdh-1pu-04, 2.1 to 2.3): from the ephemeral-static
 * secret `ze` and the static-static secret `zs`. The content's `tag` goes into it, which binds the wrapped key to
 * this content: without it any recipient could reuse the key for a content of its own in the sender's name.
 */
export function deriveEcdh1pu(
  primitives: Primitives,
  ze: Uint8Array,
  zs: Uint8Array,
  parties: Parties,
  tag: Uint8Array,
): Uint8Array {
  return concatKdf256(primitives, [ze, zs], parties.otherInfo, tag);
}
