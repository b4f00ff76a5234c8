import { concatBytes, uint32be, utf8 } from '../core/bytes.js';
import type { Primitives } from './primitives.js';

/** The counter of the first and only round: SHA-256 already gives the 256 bits that are asked for. */
const ROUND = uint32be(1);
/** SuppPubInfo: how many bits are asked for. */
const KEY_BITS = uint32be(256);

/**
 * What the KDF is told of the parties (RFC 7518, 4.6.2): AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo.
 * `algorithmId` is the `alg` (key wrapping) or `enc` (direct agreement) that the key is for, `apu` and `apv` are the
 * decoded header values, empty where they are absent.
 */
export function kdfOtherInfo(algorithmId: string, apu: Uint8Array, apv: Uint8Array): Uint8Array {
  const algorithm = utf8(algorithmId);
  const lengths = [uint32be(algorithm.length), uint32be(apu.length), uint32be(apv.length)] as const;
  return concatBytes(lengths[0], algorithm, lengths[1], apu, lengths[2], apv, KEY_BITS);
}

/**
 * Derives 32 bytes with the Concat KDF of NIST SP 800-56A over SHA-256, as JOSE uses it (RFC 7518, 4.6.2).
 *
 * `z` are the parts of the shared secret, `otherInfo` comes from {@link kdfOtherInfo}. `tag` is the authentication tag of the
 * content, which ECDH-1PU with key wrapping appends to SuppPubInfo (draft-madden-jose-ecdh-1pu-04, 2.3).
 */
export function concatKdf256(
  primitives: Primitives,
  z: readonly Uint8Array[],
  otherInfo: Uint8Array,
  tag?: Uint8Array,
): Uint8Array {
  const suppPubInfo = tag === undefined ? [] : [uint32be(tag.length), tag];
  return primitives.sha256(concatBytes(ROUND, ...z, otherInfo, ...suppPubInfo));
}
