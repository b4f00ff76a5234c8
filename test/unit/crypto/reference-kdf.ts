import { createHash } from 'node:crypto';

/**
 * The Concat KDF once more, written from NIST SP 800-56A and for any key length, because the published examples of
 * RFC 7518 and of ECDH-1PU with key wrapping ask for 128 bits, which waypost itself never does.
 */
export function referenceKdf(
  keyBits: number,
  z: Uint8Array,
  algorithmId: string,
  partyU: Uint8Array,
  partyV: Uint8Array,
  tag?: Uint8Array,
): Uint8Array {
  const prefixed = (data: Uint8Array | string): Buffer => {
    const bytes = Buffer.from(data);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const suppPubInfo = Buffer.alloc(4);
  suppPubInfo.writeUInt32BE(keyBits);
  const otherInfo = [prefixed(algorithmId), prefixed(partyU), prefixed(partyV), suppPubInfo];
  if (tag !== undefined) otherInfo.push(prefixed(tag));

  const round = createHash('sha256')
    .update(Buffer.from([0, 0, 0, 1]))
    .update(z);
  for (const part of otherInfo) round.update(part);
  return new Uint8Array(round.digest().subarray(0, keyBits / 8));
}
