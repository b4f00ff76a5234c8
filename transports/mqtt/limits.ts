/** Every bound of the MQTT transport. */
export interface MqttLimits {
  readonly maxMessageBytes: number;
  /** What we publish at once; a larger message is cut. A broker that says less (MQTT 5) gets less. */
  readonly maxPacketBytes: number;
  /** Arrivals that nobody has settled: Receive Maximum of MQTT 5, and under 3.1.1 how many are read. */
  readonly window: number;
  /** The same in bytes; nothing more is read from the broker while it is exceeded. */
  readonly maxUnsettledBytes: number;
  /** Publishes that the broker has not acknowledged; a broker that says less (Receive Maximum) gets less. */
  readonly maxUnacknowledged: number;
  /** Return paths and devices that are remembered at a listener; who was silent for longest makes room. */
  readonly maxPeers: number;
  /** Channels that wait at a listener for somebody to take them. */
  readonly maxWaitingChannels: number;
  readonly peerIdleMs: number;
  /** Until the broker has accepted a connection; also how long `listen` waits before it goes on without. */
  readonly connectTimeoutMs: number;
  /** Until the broker has acknowledged a publish. */
  readonly sendTimeoutMs: number;
  readonly keepaliveSeconds: number;
  /** How long a broker keeps for us what comes while we are away (Session Expiry of MQTT 5). */
  readonly sessionSeconds: number;
  readonly reconnectInitialMs: number;
  /** The longest wait for a broker that is away. */
  readonly reconnectMaxMs: number;
  /** The same for one on the own network, where asking costs nobody anything. */
  readonly reconnectNearbyMaxMs: number;
  /** A connection that lasted so long was a good one: the next wait is a short one again. */
  readonly stableAfterMs: number;
  /** After a refusal that may not be one later: until the message is offered again. */
  readonly offerAgainMs: number;
}

export const DEFAULT_MQTT_LIMITS: MqttLimits = {
  maxMessageBytes: 1024 * 1024,
  maxPacketBytes: 128 * 1024, // the smallest limit of the large public brokers
  window: 1024,
  maxUnsettledBytes: 16 * 1024 * 1024,
  maxUnacknowledged: 64,
  maxPeers: 1000,
  maxWaitingChannels: 64,
  peerIdleMs: 10 * 60_000,
  connectTimeoutMs: 10_000,
  sendTimeoutMs: 30_000,
  keepaliveSeconds: 30,
  sessionSeconds: 7 * 24 * 60 * 60,
  reconnectInitialMs: 1000,
  reconnectMaxMs: 60_000,
  reconnectNearbyMaxMs: 5000,
  stableAfterMs: 30_000,
  offerAgainMs: 5000,
};

/** A packet's topic, properties and head, beside the message. */
const PACKET_OVERHEAD_BYTES = 4096;

/** The largest packet that we read: a foreign sender may not cut its messages. */
export function largestInbound({ maxMessageBytes }: MqttLimits): number {
  return maxMessageBytes + PACKET_OVERHEAD_BYTES;
}
