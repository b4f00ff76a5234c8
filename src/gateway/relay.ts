import { isWaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import { didOf } from '../envelope/did-url.js';
import type { DidResolver } from '../envelope/resolvers.js';
import { findRoutes } from '../envelope/route.js';
import type { DepositTerms } from '../protocols/deposits.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Received } from '../protocols/protocol.js';
import type { RelayedForward } from '../protocols/routing.js';
import { outboundTo } from '../router/destination.js';
import type { Forwarder } from '../router/forwarder.js';
import type { MessageStore, PutResult } from '../store/message-store.js';
import type { Address } from '../transport/transport.js';
import type { RelayOption } from './options.js';
import { noteFor } from './outbox.js';

interface RelayOptions {
  readonly resolver: DidResolver;
  readonly registry: Registry;
  readonly store: Pick<MessageStore, 'transact'>;
  readonly primitives: Primitives;
  readonly forwarder: Pick<Forwarder, 'wake'>;
  readonly option: RelayOption;
  /** Whether a DID is an upstream or neighbour. */
  isNeighbour(did: string): boolean;
  isOwn(did: string): boolean;
  canDial(address: Address): boolean;
  /** Whether whoever has this DID (canonical) is at the other end of an open channel. */
  isNearby(did: string): boolean;
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

  /** One result for each message when they were taken, durably; else undefined. Throws what the store throws. */
  async take({ received, next, contents, terms }: RelayedForward): Promise<readonly PutResult[] | undefined> {
    const { resolver, store, primitives, forwarder, isNeighbour } = this.#options;
    if (received.depth > 0) return undefined;
    const account = await this.#accountOf(received);
    const isTaken = isNeighbour(next) || (this.#isServed(account, received) && (await this.#mayBeReached(next)));
    if (!isTaken) return undefined;
    const did = resolver.canonical(next);
    const destination = outboundTo(did);
    const common = { ...terms, destination, depositor: account ?? terms.depositor, priority: 'normal' } as const;
    const metadata = noteFor(undefined, { did, spelledAs: next });
    const results = await store.transact(
      contents.map((content) => {
        const message = { ...common, content, contentHash: primitives.sha256(content), metadata };
        return { kind: 'put', message } as const;
      }),
    );
    forwarder.wake(destination);
    return results;
  }

  /**
   * Queues a message that was not in a forward, to be pushed to the DID that it is for: an upstream or a neighbour, and
   * with `isForAnybody` any that can be reached. Undefined when it was not taken. Throws what the store throws.
   */
  async pass(recipient: string, content: Uint8Array, terms: DepositTerms, isForAnybody: boolean) {
    const { resolver, store, primitives, forwarder, isNeighbour } = this.#options;
    if (!isNeighbour(recipient) && !(isForAnybody && (await this.#mayBeReached(recipient)))) return undefined;
    const did = resolver.canonical(recipient);
    const message = {
      ...terms,
      destination: outboundTo(did),
      priority: 'normal',
      content,
      contentHash: primitives.sha256(content),
      metadata: noteFor(undefined, { did, spelledAs: recipient }),
    } as const;
    const [result] = await store.transact([{ kind: 'put', message }]);
    forwarder.wake(message.destination);
    return result;
  }

  #isServed(account: string | undefined, { connection }: Received): boolean {
    const { forAccounts = false, forSources } = this.#options.option;
    return (forAccounts && account !== undefined) || (forSources?.(connection.source) ?? false);
  }

  /** A forward is usually anonymous, but whoever proved a DID on the same connection sent it. */
  async #accountOf({ sender, connection }: Received): Promise<string | undefined> {
    for (const did of sender === null ? connection.dids : [sender.did, ...connection.dids]) {
      if (await this.#options.registry.hasAccount(did)) return did;
    }
    return undefined;
  }

  /** True also when it cannot be said now: then the message waits for the answer. A way through ourselves is none. */
  async #mayBeReached(did: string): Promise<boolean> {
    const { resolver, canDial, isOwn, isNearby } = this.#options;
    if (isNearby(resolver.canonical(did))) return true;
    try {
      const routes = await findRoutes(resolver, did);
      if (routes.some(({ routingKeys }) => routingKeys.some((key) => isOwn(didOf(key))))) return false;
      return routes.some(({ uri }) => canDial(uri as Address));
    } catch (error) {
      if (isWaypostError(error)) return error.retryable;
      throw error;
    }
  }
}
