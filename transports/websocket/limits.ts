import type { RateLimit } from '../../src/core/token-bucket.js';
import type { HttpServerLimits } from '../../src/net/http-server.js';

/** Every bound of the WebSocket transport; those of {@link HttpServerLimits} count where it has a port of its own. */
export interface WebSocketLimits extends HttpServerLimits {
  /** Of one message, in either direction. */
  readonly maxMessageBytes: number;
  /** Messages that wait on a channel before its socket is no longer read. */
  readonly maxWaitingMessages: number;
  /** Channels that wait at a listener; what comes on top is refused. */
  readonly maxWaitingChannels: number;
  /** Messages and pings of one source address (of IPv6, one /64 network); who sends more is read more slowly. */
  readonly messageRate: RateLimit;
  /** Sources that are remembered for `messageRate`. */
  readonly maxSources: number;
  /** A peer that is silent this long is pinged, and cut when it stays silent as long again. */
  readonly heartbeatMs: number;
  /** For a peer that connected to us to send its first message. */
  readonly firstMessageTimeoutMs: number;
  /** For one message to leave; a peer that reads more slowly is cut. */
  readonly sendTimeoutMs: number;
  /** For a connection outwards: names, TCP, TLS and the handshake. */
  readonly dialTimeoutMs: number;
  /** For a peer to answer our close frame. */
  readonly closeTimeoutMs: number;
}

/** For a small machine on the open internet. */
export const DEFAULT_WEBSOCKET_LIMITS: WebSocketLimits = {
  maxMessageBytes: 1024 * 1024,
  maxConnections: 4096,
  maxConnectionsPerSource: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  maxHeaderBytes: 16 * 1024,
  maxWaitingMessages: 16,
  maxWaitingChannels: 256,
  messageRate: { perSecond: 100, burst: 400 },
  maxSources: 10_000,
  heartbeatMs: 30_000,
  firstMessageTimeoutMs: 60_000,
  sendTimeoutMs: 30_000,
  dialTimeoutMs: 15_000,
  closeTimeoutMs: 2_000,
};
