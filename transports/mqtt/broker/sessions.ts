import type { Aedes, Client } from 'aedes';
import type { BrokerLimits } from './limits.js';

/** The part of the persistence of aedes that fills up. */
interface Queueing {
  outgoingEnqueueCombi(subscriptions: readonly Subscriber[], packet: unknown): Promise<void>;
}

interface Subscriber {
  readonly clientId: string;
}

/**
 * Whose the clients are, and how much is kept for those that are away or slow: aedes keeps everything, in memory, and gives it
 * to whoever says the client identifier. What is over the limit is dropped and counted, as other brokers do.
 */
export class Sessions {
  readonly #limits: BrokerLimits;
  readonly #queued = new Map<string, number>();
  readonly #names = new WeakMap<Client, string>();
  /** Users, by the identifiers of clients that are connected or have a session. */
  readonly #owners = new Map<string, string | undefined>();

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  /** Before anything else. */
  attach(broker: Aedes, onDropped: () => void): void {
    const persistence = (broker as unknown as { readonly persistence: Queueing }).persistence;
    const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
    persistence.outgoingEnqueueCombi = async (subscriptions, packet) => {
      const kept = subscriptions.filter(({ clientId }) => this.#take(clientId));
      for (let dropped = subscriptions.length - kept.length; dropped > 0; dropped--) onDropped();
      await enqueue(kept, packet);
    };
    broker.on('ack', (_packet, client) => this.#giveBack(client.id));
    broker.on('client', (client: Client) => this.#owners.set(client.id, this.nameOf(client)));
    broker.on('clientDisconnect', (client: Client) => {
      if (!client.clean) return;
      this.#queued.delete(client.id);
      this.#owners.delete(client.id);
    });
  }

  /**
   * Whether a client that proved to be `name` may go on: its identifier is nobody else's, and there is room for the session that
   * it wants.
   */
  admit(client: Client, name: string | undefined): boolean {
    if (this.#owners.has(client.id) && this.#owners.get(client.id) !== name) return false;
    if (!client.clean && !this.#queued.has(client.id)) {
      if (this.#queued.size >= this.#limits.maxSessions) return false;
      this.#queued.set(client.id, 0);
    }
    if (name !== undefined) this.#names.set(client, name);
    return true;
  }

  /** Who a client proved to be; undefined for nobody. */
  nameOf(client: Client): string | undefined {
    return this.#names.get(client);
  }

  #take(clientId: string): boolean {
    const count = this.#queued.get(clientId) ?? 0;
    if (count >= this.#limits.maxQueued) return false;
    this.#queued.set(clientId, count + 1);
    return true;
  }

  #giveBack(clientId: string): void {
    const count = this.#queued.get(clientId);
    if (count !== undefined && count > 0) this.#queued.set(clientId, count - 1);
  }
}
