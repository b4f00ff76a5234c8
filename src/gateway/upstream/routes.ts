import { quote, WaypostError } from '../../core/errors.js';
import type { DidResolver } from '../../envelope/resolvers.js';
import { findRoutes } from '../../envelope/route.js';
import type { Address, Transport } from '../../transport/transport.js';
import type { UpstreamMode } from './options.js';

export interface MediatorRoute {
  readonly address: Address;
  readonly transport: Transport;
}

/**
 * The addresses at which a mediator can be talked to, the one that suits the mode best first. One that is itself behind
 * other mediators is no use: answers come back only between directly connected agents (DIDComm v2.1, "Return Route
 * Extension"). Throws what `findRoutes` throws, and ERR_NO_SERVICE.
 */
export async function findMediator(
  resolver: DidResolver,
  did: string,
  mode: UpstreamMode,
  transportFor: (address: Address) => Transport | undefined,
): Promise<readonly MediatorRoute[]> {
  const routes: MediatorRoute[] = [];
  for (const { uri, routingKeys } of await findRoutes(resolver, did)) {
    const address = uri as Address;
    const transport = transportFor(address);
    if (transport !== undefined && routingKeys.length === 0) routes.push({ address, transport });
  }
  const suited = mode === 'live' ? routes.filter(({ transport }) => transport.supports.duplex) : routes;
  if (suited.length > 0) return suited.toSorted((a, b) => rank(a, mode) - rank(b, mode));
  const which = mode === 'live' ? 'no endpoint for live mode' : 'no endpoint';
  throw new WaypostError('ERR_NO_SERVICE', `the mediator ${quote(did, 200)} has ${which} that can be reached directly`);
}

/** Polling needs no open connection, and likes to know that what it sends was taken. */
function rank({ transport }: MediatorRoute, mode: UpstreamMode): number {
  return transport.supports.duplex === (mode !== 'poll') ? 0 : 1;
}
