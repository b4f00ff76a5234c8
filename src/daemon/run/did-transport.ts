import { isWaypostError, quote, WaypostError } from '../../core/errors.js';
import type { DidResolver } from '../../envelope/resolvers.js';
import { findRoutes } from '../../envelope/route.js';
import type { AbortOptions, Address, Channel, Transport } from '../../transport/transport.js';

export interface DidTransportOptions {
  readonly resolver: DidResolver;
  /** Those that really move messages. */
  readonly transports: readonly Transport[];
  /** Schemes of endpoints in the order in which they are tried for a DID; an endpoint of another one is not. */
  schemesFor(did: string): readonly string[];
}

/**
 * Dials a DID: one of the endpoints that it has at that moment. An upstream whose DID is on the web can be resolved only
 * when there is a network, and its endpoints change without anybody telling.
 */
export function createDidTransport(options: DidTransportOptions): Transport {
  return {
    schemes: ['did'],
    supports: { dial: true, listen: false, acknowledged: false, duplex: true },
    dial: (did, abort = {}) => dialEndpoint(options, did, abort),
    listen: () => Promise.reject(new WaypostError('ERR_INVALID_ARGUMENT', 'nobody can listen on a DID')),
  };
}

async function dialEndpoint(options: DidTransportOptions, did: string, abort: AbortOptions): Promise<Channel> {
  const schemes = options.schemesFor(did);
  const uris = (await findRoutes(options.resolver, did))
    .filter((route) => route.routingKeys.length === 0)
    .map(({ uri }) => uri as Address);
  let failure = new WaypostError('ERR_NO_SERVICE', `${quote(did, 200)} has no endpoint of ${schemes.join(', ')}`);
  for (const scheme of schemes) {
    const transport = options.transports.find((candidate) => candidate.schemes.includes(scheme));
    for (const uri of uris.filter((candidate) => candidate.startsWith(`${scheme}:`))) {
      try {
        if (transport !== undefined) return await transport.dial(uri, abort);
      } catch (error) {
        if (!isWaypostError(error)) throw error;
        failure = error;
      }
    }
  }
  throw failure;
}
