import type { RateLimit } from '../../src/core/token-bucket.js';
import type { HttpServerLimits } from '../../src/net/http-server.js';

/** Every bound of the HTTP transport. */
export interface HttpLimits extends HttpServerLimits {
  /** Of one message, in either direction. */
  readonly maxMessageBytes: number;
  /** Requests that are open at one time, from their headers to the answer. */
  readonly maxOpenRequests: number;
  /** Bodies of all open requests together. */
  readonly maxOpenBytes: number;
  /** Requests of one source address; of IPv6, one /64 network. */
  readonly requestRate: RateLimit;
  /** Sources that are remembered for `requestRate`. */
  readonly maxSources: number;
  /** From the last byte of a request until it is settled; then it is answered 503. */
  readonly settleTimeoutMs: number;
  /** How long disposal waits for open requests. */
  readonly drainTimeoutMs: number;
  /** What `Retry-After` says where nothing better is known. */
  readonly retryAfterMs: number;
  /** For one outgoing POST with everything that belongs to it: names, connecting, redirects, the answer. */
  readonly sendTimeoutMs: number;
  readonly maxRedirects: number;
  /** Connections to one peer. */
  readonly connectionsPerOrigin: number;
  /** Replies that wait on an outgoing channel before its next `send` has to. */
  readonly maxWaitingReplies: number;
}

/** For a small machine on the open internet. */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxMessageBytes: 1024 * 1024,
  maxConnections: 4096,
  maxConnectionsPerSource: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxHeaderBytes: 16 * 1024,
  maxOpenRequests: 1024,
  maxOpenBytes: 32 * 1024 * 1024,
  requestRate: { perSecond: 100, burst: 400 },
  maxSources: 10_000,
  settleTimeoutMs: 30_000,
  drainTimeoutMs: 10_000,
  retryAfterMs: 30_000,
  sendTimeoutMs: 30_000,
  maxRedirects: 3,
  connectionsPerOrigin: 8,
  maxWaitingReplies: 16,
};
