import { isWaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import type { DidResolver } from '../envelope/resolvers.js';
import { findRoutes } from '../envelope/route.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Received } from '../protocols/protocol.js';
import type { RoutingOptions } from '../protocols/routing.js';
import { outboundTo } from '../router/destination.js';
import type { Forwarder } from '../router/forwarder.js';
import type { MessageStore, Operation } from '../store/message-store.js';
import { noteFor } from './outbox.js';

export interface RelayOptions {
  readonly resolver: DidResolver;
  readonly registry: Registry;
  readonly store: Pick<MessageStore, 'transact'>;
  readonly primitives: Primitives;
  readonly forwarder: Pick<Forwarder, 'wake'>;
}

/**
 * Sends messages on for those who have an account here: to the endpoints of the recipient, as soon as they can be
 * reached. Not for strangers, for whom it would be a way to make requests in our name.
 */
export function createRelay(options: RelayOptions): NonNullable<RoutingOptions['relay']> {
  const { resolver, store, primitives, forwarder } = options;
  return async (next, contents, received) => {
    const account = await accountOf(options.registry, received);
    if (account === undefined || !(await mayHaveRoute(resolver, next))) return false;
    const did = resolver.canonical(next);
    const destination = outboundTo(did);
    const puts = contents.map((content): Operation => {
      const contentHash = primitives.sha256(content);
      const metadata = noteFor(undefined, { did, spelledAs: next });
      return {
        kind: 'put',
        message: { destination, depositor: account, priority: 'normal', content, contentHash, metadata },
      };
    });
    await store.transact(puts);
    forwarder.wake(destination);
    return true;
  };
}

/** A forward is usually anonymous, but whoever proved a DID on the same connection sent it. */
async function accountOf(registry: Registry, { sender, connection }: Received): Promise<string | undefined> {
  const candidates = sender === null ? connection.dids : [sender.did, ...connection.dids];
  for (const did of candidates) {
    if (await registry.hasAccount(did)) return did;
  }
  return undefined;
}

/** False when it is certain that there is no way; a DID that cannot be resolved without the internet is not that. */
async function mayHaveRoute(resolver: DidResolver, did: string): Promise<boolean> {
  try {
    return (await findRoutes(resolver, did)).length > 0;
  } catch (error) {
    if (isWaypostError(error)) return error.retryable;
    throw error;
  }
}
