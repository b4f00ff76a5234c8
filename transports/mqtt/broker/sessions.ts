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
 * How much is kept for clients that are away or slow: aedes keeps everything, in memory. What is over the limit is dropped and
 * counted, as other brokers do.
 */
export class Sessions {
  readonly #limits: BrokerLimits;
  readonly #queued = new Map<string, number>();

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
    broker.on('clientDisconnect', (client: Client) => {
      if (client.clean) this.#queued.delete(client.id);
    });
  }

  /** Whether a session may begin, or go on. */
  admit(clientId: string, isClean: boolean): boolean {
    if (!isClean && !this.#queued.has(clientId)) {
      if (this.#queued.size >= this.#limits.maxSessions) return false;
      this.#queued.set(clientId, 0);
    }
    return true;
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
