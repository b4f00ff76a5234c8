import { Encoder } from 'cbor-x';
import { equalBytes, plainBytes } from '../../core/bytes.js';
import { abbreviate } from './abbreviations.js';
import { COMPACT_VERSION, expandEnvelope } from './expand.js';
import { attempt, TreeReader } from './json-reader.js';

const OPENING_BRACE = 0x7b;

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

/**
 * The envelope in `bytes` (a JWE or JWS in JSON) in the form of docs/transports/compact-envelope.md, or undefined when it travels
 * better as it is: it is something else, would not be shorter, or would not come back byte for byte, because its JSON has
 * another spelling than the one that is written, or values that look like abbreviations. That it comes back is tried each
 * time. Never throws.
 */
export function compactEnvelope(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new TreeReader();
  const tree = bytes[0] === OPENING_BRACE ? reader.read(bytes) : undefined;
  if (tree === undefined) return undefined;
  abbreviate(tree, reader);
  const encoded = plainBytes(encoder.encode(tree));
  const compact = new Uint8Array(1 + encoded.length);
  compact[0] = COMPACT_VERSION;
  compact.set(encoded, 1);
  if (compact.length >= bytes.length) return undefined;
  const expanded = attempt(() => expandEnvelope(compact, bytes.length));
  return expanded !== undefined && equalBytes(expanded, bytes) ? compact : undefined;
}
