import { utf8 } from '../../src/core/bytes.js';
import { LINK_VERSION } from '../../src/link/session/frames.js';
import { MAX_VALUE_BYTES } from './value-queue.js';

/** What a peripheral says of itself. */
export interface Information {
  /** A claim: whoever reads it learns who answers only from the messages. */
  readonly did: string | undefined;
  readonly maxMessageBytes: number;
}

/** JSON in UTF-8 of at most 512 bytes; a DID that does not fit is left out (docs/transports/ble.md, "Information"). */
export function encodeInformation({ did, maxMessageBytes }: Information): Uint8Array {
  const encode = (members: object) => utf8(JSON.stringify({ version: LINK_VERSION, ...members }));
  const whole = encode({ maxMessageBytes, did });
  return whole.length <= MAX_VALUE_BYTES ? whole : encode({ maxMessageBytes });
}
