import { checkMessageSize } from '../../src/transport/arrival.js';
import { mediaTypeOf } from '../../src/transport/media-type.js';
import type { PublishProperties } from './connection.js';
import { encodeSegments, encodeWhole, SEGMENT_HEAD_BYTES } from './frame-codec.js';

/** Where messages leave: a connection to a broker, or the broker in this process. */
export interface Publisher {
  readonly version: 4 | 5;
  readonly maxPacketBytes: number;
  publish(topic: string, payload: Uint8Array, properties: PublishProperties, signal?: AbortSignal): Promise<void>;
}

interface OutgoingOptions {
  readonly topic: string;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Where answers come: the name for a head, and the whole topic for MQTT 5. */
  readonly returnPath: { readonly name: string; readonly topic: string } | undefined;
}

/** Beside topic and payload: fixed header, lengths, packet identifier, names and lengths of properties. */
const PUBLISH_OVERHEAD_BYTES = 64;
/** A segment has at least so much of the message, whatever a broker says. */
const MIN_SEGMENT_BYTES = 64;

/**
 * Publishes one message: as it is where it fits and MQTT 5 says the rest, with a head or in segments otherwise. Throws what
 * `publish` throws, and ERR_TOO_LARGE where the broker takes next to nothing.
 */
export async function publishMessage(
  connection: Publisher,
  message: Uint8Array,
  { topic, sha256, returnPath }: OutgoingOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const properties = connection.version === 5 ? propertiesFor(message, returnPath?.topic) : {};
  const { responseTopic = '', contentType = '' } = properties;
  const overheadBytes = PUBLISH_OVERHEAD_BYTES + topic.length + responseTopic.length + contentType.length;
  const maxPayloadBytes = connection.maxPacketBytes - overheadBytes;
  const whole = encodeWhole(message, connection.version === 5 ? undefined : returnPath?.name);
  if (whole.length <= maxPayloadBytes) {
    await connection.publish(topic, whole, properties, signal);
    return;
  }
  checkMessageSize(new Uint8Array(SEGMENT_HEAD_BYTES + MIN_SEGMENT_BYTES), maxPayloadBytes);
  const segments = encodeSegments(message, sha256(message), returnPath?.name, maxPayloadBytes);
  await Promise.all(Array.from(segments, (segment) => connection.publish(topic, segment, {}, signal)));
}

/** The same for a receiver that knows no heads: in one piece, byte for byte, or ERR_TOO_LARGE. */
export async function publishWhole(
  connection: Publisher,
  message: Uint8Array,
  topic: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkMessageSize(message, connection.maxPacketBytes - PUBLISH_OVERHEAD_BYTES - topic.length);
  await connection.publish(topic, message, {}, signal);
}

function propertiesFor(message: Uint8Array, responseTopic: string | undefined): PublishProperties {
  return { contentType: mediaTypeOf(message), ...(responseTopic === undefined ? {} : { responseTopic }) };
}
