import { concatBytes } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { compactEnvelope } from './compact.js';
import { COMPACT_VERSION, expandEnvelope } from './expand.js';

/** Stands before a message that travels as it is but begins like one that does not. */
const AS_IT_IS = 0x00;

/**
 * Any message as it goes over a link whose two sides agreed on compact envelopes: compact where that is possible, and
 * as it is otherwise. The first byte tells the receiver which.
 */
export function toTravelForm(message: Uint8Array): Uint8Array {
  const compact = compactEnvelope(message);
  if (compact !== undefined) return compact;
  const isAmbiguous = message[0] === AS_IT_IS || message[0] === COMPACT_VERSION;
  return isAmbiguous ? concatBytes(Uint8Array.of(AS_IT_IS), message) : message;
}

/**
 * The message, byte for byte. Throws ERR_TOO_LARGE when it is longer than `maxBytes`, ERR_CBOR_MALFORMED,
 * ERR_COMPACT_MALFORMED.
 */
export function fromTravelForm(travelled: Uint8Array, maxBytes: number): Uint8Array {
  if (travelled[0] === COMPACT_VERSION) return expandEnvelope(travelled, maxBytes);
  const message = travelled[0] === AS_IT_IS ? travelled.subarray(1) : travelled;
  if (message.length > maxBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `a message has ${message.length} bytes, the limit is ${maxBytes}`);
  }
  return message;
}
