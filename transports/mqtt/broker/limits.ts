import type { RateLimit } from '../../../src/core/token-bucket.js';

/** Every bound of the embedded broker. */
export interface BrokerLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  readonly maxPacketBytes: number;
  /** Publishes of one client; over it, the client is read more slowly. */
  readonly publishRate: RateLimit;
  /** Publishes to a station here that wait for it, of all clients; over it, the connection is cut. */
  readonly maxWaiting: number;
  /** Topics with a retained message, and the largest of those. */
  readonly maxRetained: number;
  readonly maxRetainedBytes: number;
  /** Clients whose session is kept while they are away, and messages kept for each. */
  readonly maxSessions: number;
  readonly maxQueued: number;
  /** Publishes of QoS 2 that a client does not finish, and packets of one that is not connected yet. */
  readonly maxUnreleased: number;
  readonly connectTimeoutMs: number;
}

export const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  maxConnections: 256,
  maxConnectionsPerSource: 64,
  maxPacketBytes: 1024 * 1024 + 4096,
  publishRate: { perSecond: 200, burst: 1000 },
  maxWaiting: 4096,
  maxRetained: 1000,
  maxRetainedBytes: 4096,
  maxSessions: 256,
  maxQueued: 1000,
  maxUnreleased: 64,
  connectTimeoutMs: 10_000,
};
