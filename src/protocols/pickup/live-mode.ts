import { WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Bell } from '../../router/bell.js';
import type { MessageStore, QueuedMessage } from '../../store/message-store.js';
import type { Registry } from '../mediation/registry.js';
import type { Connection, Received, Reply, Sender } from '../protocol.js';
import { deliveryBytes } from './delivery.js';
import { LiveFeed, type LiveLimits } from './live-feed.js';
import type { Mailboxes } from './mailboxes.js';

interface LiveModeOptions {
  readonly store: Pick<MessageStore, 'list' | 'why'>;
  readonly registry: Registry;
  readonly mailboxes: Mailboxes;
  readonly deposited: Bell;
  readonly acknowledged: Bell;
  readonly logger: Logger;
  readonly limits: LiveLimits;
}

/** DIDs of one agent on one connection; without a limit it could go on with ever new ones. */
const MAX_FEEDS = 100;

/** Makes the `delivery` message of one version of message pickup. */
export type MakeDelivery = (messages: readonly QueuedMessage[]) => Reply;

/** Who is in live mode on which connection. It ends with the connection, and is off on the next one. */
export class LiveMode {
  readonly #options: LiveModeOptions;
  readonly #feeds = new Map<string, Map<string, LiveFeed>>();

  constructor(options: LiveModeOptions) {
    this.#options = options;
  }

  isOn(connection: Connection, did: string): boolean {
    return this.#feeds.get(connection.id)?.has(did) ?? false;
  }

  /** How many feeds there are, on all connections. */
  get size(): number {
    let count = 0;
    for (const feeds of this.#feeds.values()) count += feeds.size;
    return count;
  }

  /** Prepares a feed; the result starts it, which belongs after the answer to the request. */
  turnOn(received: Received, sender: Sender, makeDelivery: MakeDelivery): () => void {
    const { connection } = received;
    const feeds = this.#feedsOf(connection);
    const present = feeds.get(sender.did);
    if (present !== undefined) return () => present.wake();
    if (feeds.size >= MAX_FEEDS) {
      throw new WaypostError('ERR_RATE_LIMIT', `${MAX_FEEDS} DIDs are in live mode on this connection, the limit`);
    }
    const feed = this.#open(received, sender, makeDelivery);
    feeds.set(sender.did, feed);
    return () => feed.wake();
  }

  turnOff(connection: Connection, did: string): void {
    const feeds = this.#feeds.get(connection.id);
    feeds?.get(did)?.close();
    feeds?.delete(did);
  }

  #feedsOf(connection: Connection): Map<string, LiveFeed> {
    const present = this.#feeds.get(connection.id);
    if (present !== undefined) return present;
    const feeds = new Map<string, LiveFeed>();
    this.#feeds.set(connection.id, feeds);
    connection.onClose(() => {
      for (const feed of feeds.values()) feed.close();
      this.#feeds.delete(connection.id);
    });
    return feeds;
  }

  #open({ connection, ownDid }: Received, sender: Sender, makeDelivery: MakeDelivery): LiveFeed {
    const { store, registry, mailboxes, deposited, acknowledged, logger, limits } = this.#options;
    return new LiveFeed({
      store,
      deposited,
      acknowledged,
      changes: registry.changes,
      logger,
      did: sender.did,
      queues: () => mailboxes.queuesOf(sender.did),
      push: (messages) => connection.push(makeDelivery(messages), ownDid, sender),
      // Else the recipient would go on waiting for messages that nobody sends.
      onFailure: () => connection.end(),
      limits: { ...limits, batchBytes: deliveryBytes(limits.batchBytes, connection.maxMessageBytes) },
    });
  }
}
