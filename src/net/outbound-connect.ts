import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { quote, WaypostError } from '../core/errors.js';
import { createGuardedConnect, type GuardedConnectOptions } from './guarded-connect.js';

/** Where connections that carry messages outwards may lead. */
export interface OutboundOptions extends GuardedConnectOptions {
  /**
   * Origins of configured upstreams and neighbours (`http://192.168.1.7:8080`, `wss://gateway.local`): the operator
   * named them, so the address policy is not asked. Everything else was chosen by strangers.
   */
  readonly trustedOrigins?: readonly string[];
}

const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Opens sockets for messages, until `signal` aborts: to the configured origins as they are, to all others by the
 * address policy (see {@link createGuardedConnect}). Gives up after 15 s, names included. Throws ERR_INVALID_ARGUMENT
 * for an origin that is not a URL.
 */
export function createOutboundConnect(options: OutboundOptions, signal: AbortSignal): buildConnector.connector {
  const { trustedOrigins = [], extraCa = [] } = options;
  const trusted = new Set(trustedOrigins.map(httpOrigin));
  const ca = extraCa.length > 0 ? { ca: [...rootCertificates, ...extraCa] } : {};
  const direct = buildConnector({ ...ca, timeout: CONNECT_TIMEOUT_MS });
  // Each attempt has a signal of its own: `signal` lives as long as the station, and what listens to it adds up.
  const attempts = new Set<AbortController>();
  signal.addEventListener('abort', () => {
    for (const attempt of attempts) attempt.abort(signal.reason);
  });

  return (target, callback) => {
    if (trusted.has(httpOrigin(`${target.protocol}//${target.host ?? target.hostname}`))) {
      direct(target, callback);
      return;
    }
    if (signal.aborted) {
      callback(signal.reason, null);
      return;
    }
    const attempt = new AbortController();
    attempts.add(attempt);
    const why = `no connection to ${quote(target.hostname)} within ${CONNECT_TIMEOUT_MS} ms`;
    const late = setTimeout(() => {
      attempt.abort(new WaypostError('ERR_NETWORK', why, { retryable: true }));
    }, CONNECT_TIMEOUT_MS);
    createGuardedConnect(options, attempt.signal)(target, (...result) => {
      clearTimeout(late);
      attempts.delete(attempt);
      callback(...result);
    });
  };
}

/** WebSocket and HTTP share ports, and so origins. */
function httpOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/, 'http')) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(text)} is not the origin of an HTTP or WebSocket server`);
}
