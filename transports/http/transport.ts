import type { RequestListener } from 'node:http';
import type { WaypostError } from '../../src/core/errors.js';
import { createClientAddresses } from '../../src/net/client-address.js';
import type { TlsIdentity, UpgradeListener } from '../../src/net/http-server.js';
import type { OutboundOptions } from '../../src/net/outbound-connect.js';
import { parseTransportUrl } from '../../src/transport/arrival.js';
import type { Transport } from '../../src/transport/transport.js';
import type { HttpClient } from './client.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.js';
import { openHttpListener } from './listener.js';
import { HttpOutboundChannel } from './outbound-channel.js';

export interface HttpTransportOptions {
  /** Where an outgoing POST may lead. */
  readonly outbound: OutboundOptions;
  readonly limits?: Partial<HttpLimits>;
  /** For listening on `https:`. */
  readonly tls?: TlsIdentity;
  /** Proxies whose `X-Forwarded-For` is believed: addresses or CIDR ranges. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Answers what is not a POST to the DIDComm path: pages, health. Default: 405 on that path, 404 elsewhere. */
  readonly onRequest?: RequestListener;
  /** Takes over WebSocket connections on the same port. Default: they are refused. */
  readonly onUpgrade?: UpgradeListener;
  /**
   * A packed problem report for a refusal that comes without one, such as of what is too large to be opened; its kind
   * of envelope is recognised. Default: a line of text.
   */
  readonly problemReport?: (reason: WaypostError) => Uint8Array | undefined;
  /** Monotonic milliseconds. Default: the runtime's. */
  readonly now?: () => number;
}

const SCHEMES = ['http', 'https'] as const;

/**
 * DIDComm over HTTP (DIDComm v2.1, "HTTPS"; docs/transports/http.md). One POST carries one message; the answer says
 * whether it was taken, and can carry one reply to a peer that asked for `return_route`. Dialling only looks at the
 * address: the peer is connected to by `send`. Disposing the transport closes the connections that are kept open.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport & AsyncDisposable {
  const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
  const closing = new AbortController();
  // Loaded by the first message that goes out: it takes more memory than all else, and many stations never need it.
  let opening: Promise<HttpClient> | undefined;
  const client = (): Promise<HttpClient> => {
    opening ??= openClient(options.outbound, closing.signal, limits);
    return opening;
  };
  const clients = createClientAddresses(options.trustedProxies ?? []);
  const { now = () => performance.now() } = options;

  return {
    schemes: SCHEMES,
    supports: { dial: true, listen: true, acknowledged: true, duplex: false },

    async dial(address, { signal } = {}) {
      const url = parseTransportUrl(address, SCHEMES);
      signal?.throwIfAborted();
      return new HttpOutboundChannel(await client(), url, limits);
    },

    async listen(address, { signal } = {}) {
      const url = parseTransportUrl(address, SCHEMES);
      signal?.throwIfAborted();
      const { tls, onRequest, onUpgrade, problemReport } = options;
      return openHttpListener(url, { limits, clients, tls, onRequest, onUpgrade, problemReport, now });
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the transport was closed'));
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

async function openClient(outbound: OutboundOptions, signal: AbortSignal, limits: HttpLimits): Promise<HttpClient> {
  const [{ createHttpClient }, { createOutboundConnect }] = await Promise.all([
    import('./client.js'),
    import('../../src/net/outbound-connect.js'),
  ]);
  return createHttpClient(createOutboundConnect(outbound, signal), limits);
}
