import { concatBytes, utf8 } from '../core/bytes.js';
import { concatKdf256 } from '../crypto/concat-kdf.js';
import type { Primitives } from '../crypto/primitives.js';

/** The two `alg` values of encrypted messages (DIDComm v2.1, "Key Wrapping Algorithms"). */
export const AUTHCRYPT_ALG = 'ECDH-1PU+A256KW';
export const ANONCRYPT_ALG = 'ECDH-ES+A256KW';

/** The `apu` and `apv` header values, decoded: they name the two parties inside the key derivation. */
export interface PartyInfo {
  readonly apu: Uint8Array;
  readonly apv: Uint8Array;
}

/** The key encryption key of ECDH-ES+A256KW (RFC 7518, 4.6): from the ephemeral-static secret `ze` alone. */
export function deriveEcdhEs(primitives: Primitives, ze: Uint8Array, party: PartyInfo): Uint8Array {
  return concatKdf256(primitives, ze, ANONCRYPT_ALG, party.apu, party.apv);
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
  party: PartyInfo,
  tag: Uint8Array,
): Uint8Array {
  return concatKdf256(primitives, concatBytes(ze, zs), AUTHCRYPT_ALG, party.apu, party.apv, tag);
}

/** `apv`: SHA-256 of the recipients' key ids, sorted and joined with "." (DIDComm v2.1, "ECDH-1PU key wrapping"). */
export function apvOf(primitives: Primitives, keyIds: readonly string[]): Uint8Array {
  return primitives.sha256(utf8(keyIds.length === 1 ? (keyIds[0] as string) : [...keyIds].sort().join('.')));
}
