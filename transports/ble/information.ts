import { toHex, utf8 } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { parseJsonObject } from '../../src/core/json.js';
import { LINK_VERSION, STATION_ID_BYTES } from '../../src/link/session/frames.js';
import { MAX_VALUE_BYTES } from './value-queue.js';

/** What a peripheral says of itself. All of it are claims: whoever reads it learns who answers only from the messages. */
export interface Information {
  readonly did: string | undefined;
  readonly maxMessageBytes: number;
  /** The station id of its hellos in the link protocol, in hexadecimal digits. */
  readonly station: string | undefined;
  /** It connects to peripherals by itself, and may be about to connect to us. */
  readonly seeks: boolean;
}

/** JSON in UTF-8 of at most 512 bytes; a DID that does not fit is left out (docs/transports/ble.md, "Information"). */
export function encodeInformation({ did, maxMessageBytes, station, seeks }: Information): Uint8Array {
  const common = { version: LINK_VERSION, maxMessageBytes, station, ...(seeks ? { seeks } : {}) };
  const whole = utf8(JSON.stringify({ ...common, did }));
  return whole.length <= MAX_VALUE_BYTES ? whole : utf8(JSON.stringify(common));
}

const STATION = new RegExp(`^[0-9a-f]{${2 * STATION_ID_BYTES}}$`);
const NOTHING: Information = { did: undefined, maxMessageBytes: 0, station: undefined, seeks: false };

/** What of it can be read; from a peripheral that says nothing or nonsense, nothing. */
export function decodeInformation(bytes: Uint8Array | undefined): Information {
  if (bytes === undefined) return NOTHING;
  try {
    const { did, maxMessageBytes, station, seeks } = parseJsonObject(
      bytes,
      { maxBytes: MAX_VALUE_BYTES, maxDepth: 4 },
      'the information of a peripheral',
    );
    return {
      did: typeof did === 'string' && did.startsWith('did:') ? did : undefined,
      maxMessageBytes: typeof maxMessageBytes === 'number' ? maxMessageBytes : 0,
      station: typeof station === 'string' && STATION.test(station) ? station : undefined,
      seeks: seeks === true,
    };
  } catch (error) {
    if (isWaypostError(error)) return NOTHING;
    throw error;
  }
}

/** The spelling of a station id in the information. */
export function stationText(stationId: Uint8Array): string {
  return toHex(stationId);
}
