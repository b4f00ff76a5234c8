import { concatBytes, fromUtf8, uint32be, utf8 } from '../../src/core/bytes.js';
import { isReturnName } from './topics.js';

/*
 * What a PUBLISH carries (docs/transports/mqtt.md, "Payload"). A message travels as it is wherever nothing has to be said of
 * it; else it has a head. The first byte tells: no DIDComm message and no CBOR map, array or tag begins with 0.
 *
 *     0x00  kind  n  return name (n bytes)  rest
 *
 *     kind 1, whole:    the message
 *     kind 2, segment:  SHA-256 of the message (32)  its length (4, big-endian)  offset (4)  bytes
 *     kind 3, hello:    nothing; the owner of the return name has connected, and listens there
 *     kind 4, goodbye:  nothing; it listens there no more
 */

export type Payload =
  | { readonly kind: 'whole'; readonly returnName: string | undefined; readonly message: Uint8Array }
  | ({ readonly kind: 'segment'; readonly returnName: string | undefined } & Segment)
  | { readonly kind: Greeting; readonly returnName: string };

export type Greeting = 'hello' | 'goodbye';

export interface Segment {
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const HEADED = 0;
const KINDS = { whole: 1, segment: 2, hello: 3, goodbye: 4 } as const;
const HASH_BYTES = 32;
const SEGMENT_FIELDS_BYTES = HASH_BYTES + 8;
const RETURN_NAME_CHARS = 22;
/** What a segment has in front of its bytes, at most. */
export const SEGMENT_HEAD_BYTES = 3 + RETURN_NAME_CHARS + SEGMENT_FIELDS_BYTES;

/** Undefined for what is malformed. Parts of the result are views of `payload`. */
export function decodePayload(payload: Uint8Array): Payload | undefined {
  if (payload[0] !== HEADED) {
    return payload.length === 0 ? undefined : { kind: 'whole', returnName: undefined, message: payload };
  }
  const [, kind, nameLength] = payload;
  if (nameLength !== 0 && nameLength !== RETURN_NAME_CHARS) return undefined;
  const rest = payload.subarray(3 + nameLength);
  const returnName = nameLength === 0 ? undefined : readReturnName(payload.subarray(3, 3 + nameLength));
  if (nameLength > 0 && returnName === undefined) return undefined;
  if (kind === KINDS.whole) return { kind: 'whole', returnName, message: rest };
  if (kind === KINDS.segment) return decodeSegment(rest, returnName);
  if (returnName === undefined || rest.length > 0) return undefined;
  if (kind === KINDS.hello) return { kind: 'hello', returnName };
  return kind === KINDS.goodbye ? { kind: 'goodbye', returnName } : undefined;
}

/** The message itself where it needs no head. */
export function encodeWhole(message: Uint8Array, returnName: string | undefined): Uint8Array {
  const needsHead = returnName !== undefined || message.length === 0 || message[0] === HEADED;
  return needsHead ? concatBytes(head(KINDS.whole, returnName), message) : message;
}

/** Cuts a message into payloads of at most `maxPayloadBytes`, which must be more than {@link SEGMENT_HEAD_BYTES}. */
export function* encodeSegments(
  message: Uint8Array,
  hash: Uint8Array,
  returnName: string | undefined,
  maxPayloadBytes: number,
): Generator<Uint8Array, void, undefined> {
  const step = maxPayloadBytes - SEGMENT_HEAD_BYTES;
  const front = concatBytes(head(KINDS.segment, returnName), hash, uint32be(message.length));
  for (let offset = 0; offset < message.length; offset += step) {
    yield concatBytes(front, uint32be(offset), message.subarray(offset, offset + step));
  }
}

export function encodeGreeting(kind: Greeting, returnName: string): Uint8Array {
  return head(KINDS[kind], returnName);
}

function head(kind: number, returnName: string | undefined): Uint8Array {
  const name = utf8(returnName ?? '');
  return concatBytes(Uint8Array.of(HEADED, kind, name.length), name);
}

function decodeSegment(rest: Uint8Array, returnName: string | undefined): Payload | undefined {
  const bytes = rest.subarray(SEGMENT_FIELDS_BYTES);
  if (bytes.length === 0) return undefined;
  const fields = new DataView(rest.buffer, rest.byteOffset, SEGMENT_FIELDS_BYTES);
  const lengthBytes = fields.getUint32(HASH_BYTES);
  const offset = fields.getUint32(HASH_BYTES + 4);
  if (offset + bytes.length > lengthBytes) return undefined;
  return { kind: 'segment', returnName, hash: rest.subarray(0, HASH_BYTES), lengthBytes, offset, bytes };
}

function readReturnName(bytes: Uint8Array): string | undefined {
  const isAscii = bytes.length === RETURN_NAME_CHARS && bytes.every((byte) => byte < 0x80);
  const text = isAscii ? fromUtf8(bytes) : '';
  return isReturnName(text) ? text : undefined;
}
