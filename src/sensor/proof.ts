import { fromBase64url } from '../core/base64url.js';
import { equalBytes } from '../core/bytes.js';
import { WaypostError } from '../core/errors.js';
import type { Primitives, SignatureAlgorithm } from '../crypto/primitives.js';
import { COSE_ALGORITHMS, type CoseAlgorithm } from './cose.js';
import type { Device } from './device.js';

/** The keys of a device at work. */
export interface Prover {
  readonly algorithm: CoseAlgorithm;
  /** Whether `proof` is the device's. */
  verify(toProve: Uint8Array, proof: Uint8Array): boolean;
  /** Proves to the device that something is ours. */
  prove(toProve: Uint8Array): Uint8Array;
}

const SIGNATURE: { readonly [algorithm in CoseAlgorithm]?: SignatureAlgorithm } = { eddsa: 'EdDSA', es256: 'ES256' };

/** Undefined for a plain device, which has none. */
export function proverOf(primitives: Primitives, device: Device): Prover | undefined {
  const { authentication: algorithm, sharedKey, publicKey, answerKey } = device;
  if (algorithm === 'plain') return undefined;
  const signature = SIGNATURE[algorithm];
  if (signature !== undefined && publicKey !== undefined && answerKey !== undefined) {
    const verifying = primitives.importPublicKey(publicKey);
    const signing = primitives.importPrivateKey(answerKey);
    return {
      algorithm,
      verify: (toProve, proof) => primitives.verify(signature, verifying, toProve, proof),
      prove: (toProve) => primitives.sign(signature, signing, toProve),
    };
  }
  if (sharedKey === undefined) throw new WaypostError('ERR_INTERNAL', 'a device is registered without its key');
  const key = fromBase64url(sharedKey, 'a key');
  const { proofBytes } = COSE_ALGORITHMS[algorithm];
  const mac = (toProve: Uint8Array): Uint8Array => primitives.hmacSha256(key, toProve).subarray(0, proofBytes);
  return { algorithm, verify: (toProve, proof) => equalBytes(mac(toProve), proof), prove: mac };
}
