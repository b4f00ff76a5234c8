import { fromUtf8, utf8 } from '../core/bytes.js';
import { isWaypostError, WaypostError } from '../core/errors.js';
import { didOf } from '../envelope/did-url.js';
import type { Envelopes } from '../envelope/envelopes.js';
import type { DidResolver } from '../envelope/resolvers.js';
import { findRoutes, type Route } from '../envelope/route.js';
import { outboundDid } from '../router/destination.js';
import type { Hop } from '../router/forwarder.js';
import type { Address } from '../transport/transport.js';
import type { Dialer } from './dialer.js';
import type { Nearby } from './nearby.js';
import type { GatewayOptions } from './options.js';
import { readNote } from './outbox.js';

export interface HopsOptions {
  readonly resolver: DidResolver;
  readonly envelopes: Pick<Envelopes, 'wrapForward'>;
  readonly dialer: Pick<Dialer, 'transportFor'>;
  readonly nearby: Pick<Nearby, 'find' | 'send'>;
  readonly trusts: GatewayOptions['trusts'] | undefined;
  /** An upstream or neighbour: its answer is enough to delete a message, on a medium that has none of its own too. */
  isConfigured(did: string): boolean;
  /** Whether a DID is one of this gateway. */
  isOwn(did: string): boolean;
}

/**
 * The ways to the DID of an outbound queue: the channel to somebody who is there already, then the endpoints of its
 * document that a transport here is for, in the order of the document. Throws what `findRoutes` throws, and ERR_NO_SERVICE.
 */
export async function findHops(options: HopsOptions, destination: string): Promise<readonly Hop[]> {
  const did = outboundDid(destination);
  if (did === undefined) throw new WaypostError('ERR_INTERNAL', 'a mailbox is fetched, not pushed');
  const hops = nearbyHops(options.nearby, did);
  try {
    for (const route of await findRoutes(options.resolver, did)) {
      // Who is reached through here and has no mailbox is waited for: pushed to ourselves, the copy in a mailbox that was just made would
      // be taken for the one that was pushed.
      if (route.routingKeys.some((key) => options.isOwn(didOf(key)))) continue;
      const hop = toHop(options, did, route);
      if (hop !== undefined) hops.push(hop);
    }
  } catch (error) {
    if (hops.length === 0 || !isWaypostError(error)) throw error;
  }
  if (hops.length > 0) return hops;
  throw new WaypostError('ERR_NO_SERVICE', 'the endpoints of the recipient lead nowhere from here');
}

function nearbyHops(nearby: HopsOptions['nearby'], did: string): Hop[] {
  const peer = nearby.find(did);
  if (peer === undefined) return [];
  return [
    {
      address: peer.channel.remoteAddress,
      isTrusted: true, // it is the recipient itself that answers for it
      deliver: (message, signal) => nearby.send(peer, message, signal),
      prepare: async ({ content }) => content,
    },
  ];
}

function toHop({ envelopes, dialer, trusts, isConfigured }: HopsOptions, did: string, route: Route): Hop | undefined {
  const address = route.uri as Address;
  const transport = dialer.transportFor(address);
  if (transport === undefined) return undefined;
  const { acknowledged, duplex } = transport.supports;
  const [outermost = did] = route.routingKeys;
  const station = didOf(outermost);
  const isStation = isConfigured(station);
  const isTrusted = (isStation && (acknowledged || duplex)) || (trusts?.(address) ?? acknowledged);
  return {
    address,
    isTrusted,
    ...(isStation && duplex && !acknowledged ? { asks: station } : {}),
    async prepare(message) {
      if (route.routingKeys.length === 0) return message.content;
      const next = readNote(message)?.to ?? did;
      return utf8(await envelopes.wrapForward(fromUtf8(message.content), { next, routingKeys: route.routingKeys }));
    },
  };
}
