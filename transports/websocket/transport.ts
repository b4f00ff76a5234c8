import { createClientAddresses } from '../../src/net/client-address.js';
import { openHttpServer, type TlsIdentity, type UpgradeListener } from '../../src/net/http-server.js';
import type { OutboundOptions } from '../../src/net/outbound-connect.js';
import { parseTransportUrl } from '../../src/transport/arrival.js';
import type { Listener, Transport } from '../../src/transport/transport.js';
import { dialWebSocket } from './dial.js';
import { DEFAULT_WEBSOCKET_LIMITS, type WebSocketLimits } from './limits.js';
import { Upgrades } from './listener.js';

export interface WebSocketTransportOptions {
  /** Where an outgoing connection may lead. */
  readonly outbound: OutboundOptions;
  readonly limits?: Partial<WebSocketLimits>;
  /** For listening on `wss:`. */
  readonly tls?: TlsIdentity;
  /** Proxies whose `X-Forwarded-For` is believed: addresses or CIDR ranges. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Monotonic milliseconds. Default: the runtime's. */
  readonly now?: () => number;
}

/** A listener on a port that somebody else opened. It has no addresses of its own. */
export interface AttachedListener extends Listener {
  /** For whoever has the port: hands over what wants to become a WebSocket. */
  readonly onUpgrade: UpgradeListener;
}

export interface WebSocketTransport extends Transport, AsyncDisposable {
  /** Listens on `path` (default `/`) of an HTTP server that calls `onUpgrade`. */
  attach(path?: string): AttachedListener;
}

const SCHEMES = ['ws', 'wss'] as const;

/**
 * DIDComm over WebSocket (DIDComm v2.1, "WebSockets"; docs/transports/websocket.md): one message a frame. There is no
 * acknowledgement on this medium; `send` resolves when the message has left. Disposing the transport gives up what is
 * being dialled.
 */
export function createWebSocketTransport(options: WebSocketTransportOptions): WebSocketTransport {
  const limits = { ...DEFAULT_WEBSOCKET_LIMITS, ...options.limits };
  const closing = new AbortController();
  // Loaded by the first connection outwards, as by the HTTP transport.
  const openConnect = () => import('../../src/net/outbound-connect.js');
  let connect: ReturnType<Awaited<ReturnType<typeof openConnect>>['createOutboundConnect']> | undefined;
  const clients = createClientAddresses(options.trustedProxies ?? []);
  const { tls, now = () => performance.now() } = options;

  return {
    schemes: SCHEMES,
    supports: { dial: true, listen: true, acknowledged: false, duplex: true },

    async dial(address, { signal } = {}) {
      const url = parseTransportUrl(address, SCHEMES);
      connect ??= (await openConnect()).createOutboundConnect(options.outbound, closing.signal);
      return dialWebSocket(url, connect, limits, signal);
    },

    async listen(address, { signal } = {}) {
      const url = parseTransportUrl(address, SCHEMES);
      signal?.throwIfAborted();
      const upgrades = new Upgrades({ path: url.pathname, limits, clients, now });
      const server = await openHttpServer(url, {
        limits,
        clients,
        tls,
        onRequest: (_request, response) =>
          response.writeHead(426, { upgrade: 'websocket', connection: 'close', 'content-length': 0 }).end(),
        onUpgrade: (request, socket, head) => upgrades.handle(request, socket, head),
      });
      return {
        addresses: [server.address],
        [Symbol.asyncIterator]: () => upgrades.channels[Symbol.asyncIterator](),
        async [Symbol.asyncDispose]() {
          await upgrades.end();
          await server[Symbol.asyncDispose]();
        },
      };
    },

    attach(path = '/') {
      const upgrades = new Upgrades({ path, limits, clients, now });
      return {
        addresses: [],
        onUpgrade: (request, socket, head) => upgrades.handle(request, socket, head),
        [Symbol.asyncIterator]: () => upgrades.channels[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: () => upgrades.end(),
      };
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the transport was closed'));
    },
  };
}
