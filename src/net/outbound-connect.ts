import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { WaypostError } from '../core/errors.js';
import { createGuardedConnect, type GuardedConnectOptions } from './guarded-connect.js';

/** Where connections that carry messages outwards may lead. */
export interface OutboundOptions extends GuardedConnectOptions {
  /**
   * Origins of configured upstreams and neighbours (`http://192.168.1.7:8080`, `wss://gateway.local`): the operator
   * named them, so the address policy is not asked. Everything else was chosen by strangers.
   */
  readonly trustedOrigins?: readonly string[];
}

/**
 * Opens sockets for messages, until `signal` aborts: to the configured origins as they are, to all others by the
 * address policy (see {@link createGuardedConnect}). Throws ERR_INVALID_ARGUMENT for an origin that is not a URL.
 */
export function createOutboundConnect(options: OutboundOptions, signal: AbortSignal): buildConnector.connector {
  const { trustedOrigins = [], extraCa = [] } = options;
  const trusted = new Set(trustedOrigins.map(httpOrigin));
  const guarded = createGuardedConnect(options, signal);
  const direct = buildConnector(extraCa.length > 0 ? { ca: [...rootCertificates, ...extraCa] } : {});
  return (target, callback) => {
    const origin = httpOrigin(`${target.protocol}//${target.host ?? target.hostname}`);
    if (trusted.has(origin)) direct(target, callback);
    else guarded(target, callback);
  };
}

/** WebSocket and HTTP share ports, and so origins. */
function httpOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/, 'http')) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${text} is not the origin of an HTTP or WebSocket server`);
}
