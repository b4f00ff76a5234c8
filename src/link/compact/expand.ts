import { Decoder } from 'cbor-x';
import { utf8 } from '../../core/bytes.js';
import { scanCbor } from '../../core/cbor-scan.js';
import { WaypostError } from '../../core/errors.js';
import { unabbreviate } from './abbreviations.js';
import { JsonWriter, malformedCompact } from './json-writer.js';
import { TREE_LIMITS } from './tree.js';

/** The first byte of every compact envelope. No JSON and no COSE message begins with it. */
export const COMPACT_VERSION = 0x01;

/** A protected header is written as JSON and then as base64url; a `skid` also as `apu`. */
const TIMES_WRITTEN = 4;

const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });

/**
 * The envelope of which `compact` was made, byte for byte. Takes memory for a few times `maxBytes` at most, whatever comes.
 * Throws ERR_TOO_LARGE when it is or becomes longer than `maxBytes`, ERR_CBOR_MALFORMED, ERR_COMPACT_MALFORMED.
 */
export function expandEnvelope(compact: Uint8Array, maxBytes: number): Uint8Array {
  if (compact[0] !== COMPACT_VERSION) throw malformedCompact(`its first byte is not ${COMPACT_VERSION}`);
  const encoded = compact.subarray(1);
  scanCbor(encoded, { maxBytes, ...TREE_LIMITS }, 'a compact envelope');
  const envelope: unknown = decoder.decode(encoded);
  if (!(envelope instanceof Map)) throw malformedCompact('it is not a map');
  const writer = new JsonWriter(TIMES_WRITTEN * maxBytes);
  unabbreviate(envelope, writer, maxBytes);
  const bytes = utf8(writer.object(envelope));
  if (bytes.length > maxBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `a compact envelope has ${bytes.length} bytes, the limit is ${maxBytes}`);
  }
  return bytes;
}
