import { Decoder, Encoder } from 'cbor-x';
import { type CborLimits, scanCbor } from '../core/cbor-scan.js';

/** What a frame, or the payload in it, may hold. */
export const MAX_FRAME_BYTES = 8192;
const FRAME_LIMITS: CborLimits = { maxBytes: MAX_FRAME_BYTES, maxDepth: 4, maxItems: 4096 };

const OPTIONS = { useRecords: false, mapsAsObjects: false, tagUint8Array: false } as const;
const decoder = new Decoder(OPTIONS);
const encoder = new Encoder(OPTIONS);

/** Arrays, maps (`Map`), whole numbers, texts and byte strings in their shortest form (RFC 8949, 4.2.1). */
export function encodeCbor(value: unknown): Uint8Array {
  return new Uint8Array(encoder.encode(value));
}

/** CBOR that this program wrote. */
export function decodeOwnCbor(bytes: Uint8Array): unknown {
  return decoder.decode(bytes);
}

/**
 * CBOR from outside, maps as `Map`; its byte strings may share memory with `bytes`. Throws ERR_CBOR_MALFORMED, also for a key
 * that is there twice, a length that is indefinite or longer than needed, and any tag; ERR_TOO_LARGE.
 */
export function decodeCbor(bytes: Uint8Array, what: string): unknown {
  scanCbor(bytes, FRAME_LIMITS, what);
  return decoder.decode(bytes);
}
