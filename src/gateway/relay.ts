import { isWaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import { didOf } from '../envelope/did-url.js';
import type { DidResolver } from '../envelope/resolvers.js';
import { findRoutes } from '../envelope/route.js';
import type { RelayedForward } from '../protocols/routing.js';
import { outboundTo } from '../router/destination.js';
import type { Forwarder } from '../router/forwarder.js';
import type { MessageStore } from '../store/message-store.js';
import type { Address } from '../transport/transport.js';
import { noteFor } from './outbox.js';

export interface RelayOptions {
  readonly resolver: DidResolver;
  readonly store: Pick<MessageStore, 'transact'>;
  readonly primitives: Primitives;
  readonly forwarder: Pick<Forwarder, 'wake'>;
  /** Whether a DID is an upstream or neighbour, to which everybody's forwards are taken along. */
  isNeighbour(did: string): boolean;
  isOwn(did: string): boolean;
  canDial(address: Address): boolean;
  /** Whose forwards are taken to any DID that has an endpoint, by their source (see `sourceOf`). */
  takesForAnybody(source: string): boolean;
}

/**
 * Forwards for somebody who is not registered here but can be reached from here: they are queued, and pushed to the DID in
 * `next` as soon as there is a way. Only what came from the sender itself is relayed; what another mediator brought went
 * astray, and would go round in circles.
 */
export class Relay {
  readonly #options: RelayOptions;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** True when the messages were taken, durably. Throws what the store throws. */
  async take({ received, next, contents, terms }: RelayedForward): Promise<boolean> {
    const { resolver, store, primitives, forwarder, isNeighbour, takesForAnybody } = this.#options;
    if (received.depth > 0) return false;
    if (!isNeighbour(next) && !(takesForAnybody(received.connection.source) && (await this.#isReachable(next)))) {
      return false;
    }
    const destination = outboundTo(resolver.canonical(next));
    const metadata = noteFor(received.message.id, { did: resolver.canonical(next), spelledAs: next });
    await store.transact(
      contents.map((content) => {
        const contentHash = primitives.sha256(content);
        const message = { ...terms, destination, priority: 'normal', content, contentHash, metadata } as const;
        return { kind: 'put', message } as const;
      }),
    );
    forwarder.wake(destination);
    return true;
  }

  /** True also when it cannot be said now: then the message waits for the answer. A way through ourselves is none. */
  async #isReachable(did: string): Promise<boolean> {
    try {
      const { resolver, canDial, isOwn } = this.#options;
      const routes = await findRoutes(resolver, did);
      if (routes.some(({ routingKeys }) => routingKeys.some((key) => isOwn(didOf(key))))) return false;
      return routes.some(({ uri }) => canDial(uri as Address));
    } catch (error) {
      return isWaypostError(error) && error.retryable;
    }
  }
}
