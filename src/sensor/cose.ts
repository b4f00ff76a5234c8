import { fromUtf8, plainBytes, utf8 } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { isCose } from '../transport/media-type.js';
import { decodeCbor, encodeCbor, MAX_FRAME_BYTES } from './cbor.js';

/*
 * The part of COSE (RFC 9052) that sensor frames use: COSE_Mac0 and COSE_Sign1, tagged, with every header parameter
 * protected, and exactly one spelling. Whatever else COSE allows is refused.
 */

interface Algorithm {
  /** In the registry "COSE Algorithms". */
  readonly id: number;
  /** Of the message: 17 is COSE_Mac0, 18 COSE_Sign1 (RFC 9052, 2). */
  readonly tag: number;
  /** Of the MAC or the signature. */
  readonly proofBytes: number;
}

/** HMAC: RFC 9053, 3.1. EdDSA with Ed25519: 2.2. ES256 with P-256, r || s: 2.1. */
export const COSE_ALGORITHMS = {
  'hmac-256-64': { id: 4, tag: 17, proofBytes: 8 },
  'hmac-256-256': { id: 5, tag: 17, proofBytes: 32 },
  eddsa: { id: -8, tag: 18, proofBytes: 64 },
  es256: { id: -7, tag: 18, proofBytes: 64 },
} as const satisfies Record<string, Algorithm>;

export type CoseAlgorithm = keyof typeof COSE_ALGORITHMS;
const ALGORITHM_NAMES = Object.keys(COSE_ALGORITHMS) as readonly CoseAlgorithm[];

/** Header parameters (RFC 9052, 3.1). */
const LABEL = { algorithm: 1, contentType: 3, kid: 4, partialIv: 6 } as const;
const LABELS: readonly unknown[] = Object.values(LABEL);

export interface CoseHeader {
  readonly algorithm: CoseAlgorithm;
  /** UTF-8 text in a byte string. */
  readonly kid: string;
  readonly partialIv?: Uint8Array;
  /** A CoAP Content-Format number. */
  readonly contentType?: number;
}

export interface CoseMessage {
  readonly header: CoseHeader;
  /** The header as it was encoded: what the proof is about. */
  readonly protectedBytes: Uint8Array;
  readonly payload: Uint8Array;
  /** The MAC or signature. */
  readonly proof: Uint8Array;
}

/** Takes a message apart; nothing is verified. Throws ERR_FRAME_MALFORMED, ERR_CBOR_MALFORMED, ERR_TOO_LARGE. */
export function parseCose(bytes: Uint8Array): CoseMessage {
  if (bytes.length > MAX_FRAME_BYTES) {
    throw new WaypostError('ERR_TOO_LARGE', `a frame has ${bytes.length} bytes, the limit is ${MAX_FRAME_BYTES}`);
  }
  if (!isCose(bytes)) throw malformed('it is not a tagged COSE_Mac0 or COSE_Sign1');
  const parts = decodeCbor(bytes.subarray(1), 'a COSE message');
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed('it is not an array of four');
  const [protectedBytes, unprotected, payload, proof] = parts.map((part) =>
    part instanceof Uint8Array ? plainBytes(part) : part,
  );
  if (!(protectedBytes instanceof Uint8Array && payload instanceof Uint8Array && proof instanceof Uint8Array)) {
    throw malformed('its header, its payload or its proof is not a byte string');
  }
  if (!(unprotected instanceof Map) || unprotected.size > 0) throw malformed('its unprotected header is not empty');
  const header = parseHeader(protectedBytes);
  const { tag, proofBytes } = COSE_ALGORITHMS[header.algorithm];
  if (bytes[0] !== 0xc0 + tag) throw malformed(`its tag is not the ${tag} of ${header.algorithm}`);
  if (proof.length !== proofBytes) throw malformed(`its proof has ${proof.length} bytes, not ${proofBytes}`);
  return { header, protectedBytes, payload, proof };
}

function parseHeader(bytes: Uint8Array): CoseHeader {
  const header = decodeCbor(bytes, 'a protected header');
  if (!(header instanceof Map)) throw malformed('its protected header is not a map');
  for (const label of header.keys()) {
    if (!LABELS.includes(label)) throw malformed(`its header has the unexpected label ${quote(String(label))}`);
  }
  const id: unknown = header.get(LABEL.algorithm);
  const algorithm = ALGORITHM_NAMES.find((name) => COSE_ALGORITHMS[name].id === id);
  if (algorithm === undefined) throw malformed(`its algorithm ${quote(String(id))} is not supported`);
  const kid: unknown = header.get(LABEL.kid);
  if (!(kid instanceof Uint8Array)) throw malformed('its kid is not a byte string');
  const partialIv: unknown = header.get(LABEL.partialIv);
  if (partialIv !== undefined && !(partialIv instanceof Uint8Array)) {
    throw malformed('its Partial IV is not a byte string');
  }
  const contentType: unknown = header.get(LABEL.contentType);
  if (contentType !== undefined && typeof contentType !== 'number') {
    throw malformed('its content type is not a number');
  }
  return {
    algorithm,
    kid: textOf(kid),
    ...(partialIv === undefined ? {} : { partialIv: plainBytes(partialIv) }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function textOf(kid: Uint8Array): string {
  try {
    return fromUtf8(kid);
  } catch (error) {
    if (isWaypostError(error)) throw malformed('its kid is not UTF-8');
    throw error;
  }
}

/**
 * Makes a message. `prove` gets what the proof is about (RFC 9052, 6.3 and 4.4), and returns the MAC or signature.
 */
export function encodeCose(
  { algorithm, kid, partialIv, contentType }: CoseHeader,
  payload: Uint8Array,
  externalAad: Uint8Array,
  prove: (toProve: Uint8Array) => Uint8Array,
): Uint8Array {
  const { id, tag } = COSE_ALGORITHMS[algorithm];
  const header = new Map<number, unknown>([[LABEL.algorithm, id]]);
  if (contentType !== undefined) header.set(LABEL.contentType, contentType);
  header.set(LABEL.kid, utf8(kid));
  if (partialIv !== undefined) header.set(LABEL.partialIv, partialIv);
  const protectedBytes = encodeCbor(header);
  const proof = prove(toBeProven(algorithm, protectedBytes, externalAad, payload));
  const untagged = encodeCbor([protectedBytes, new Map(), payload, proof]);
  const bytes = new Uint8Array(1 + untagged.length);
  bytes[0] = 0xc0 + tag;
  bytes.set(untagged, 1);
  return bytes;
}

/** The MAC_structure (RFC 9052, 6.3) or Sig_structure (4.4) of a message. */
export function toBeProven(
  algorithm: CoseAlgorithm,
  protectedBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const context = COSE_ALGORITHMS[algorithm].tag === 17 ? 'MAC0' : 'Signature1';
  return encodeCbor([context, protectedBytes, externalAad, payload]);
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_FRAME_MALFORMED', `a COSE message is not acceptable: ${why}`);
}
