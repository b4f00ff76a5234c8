import type { Bell } from '../../router/bell.js';
import type { MessageStore, QueuedMessage } from '../../store/message-store.js';
import type { Mailbox } from '../mediation/records.js';
import type { Registry } from '../mediation/registry.js';

/** What waits for somebody, over all mailboxes that were asked for. */
export interface MailboxStatus {
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAgeMs: number | undefined;
  readonly newestAgeMs: number | undefined;
}

interface DeliveryQuery {
  /** Only messages for this recipient DID, canonical. */
  readonly recipient: string | undefined;
  readonly limitMessages: number;
  readonly limitBytes: number;
}

/** In one answer. */
const MAX_DELIVERED = 100;

/** The queues as their owners see them. `did` is always a proven sender; others' queues look like no queue at all. */
export class Mailboxes {
  readonly #store: Pick<MessageStore, 'list' | 'acknowledge' | 'status'>;
  readonly #registry: Registry;
  readonly #acknowledged: Bell;

  /** `acknowledged` rings for each queue that got shorter. */
  constructor(store: Pick<MessageStore, 'list' | 'acknowledge' | 'status'>, registry: Registry, acknowledged: Bell) {
    this.#store = store;
    this.#registry = registry;
    this.#acknowledged = acknowledged;
  }

  /** Destinations of the store that `did` may read, or those of them that are for `recipient`. */
  async queuesOf(did: string, recipient?: string): Promise<readonly string[]> {
    const mailboxes = await this.#registry.mailboxesOf(did);
    const asked = recipient === undefined ? mailboxes : mailboxes.filter((box: Mailbox) => box.recipient === recipient);
    return [...new Set(asked.map(({ queue }) => queue))];
  }

  async status(did: string, recipient: string | undefined): Promise<MailboxStatus> {
    let total: MailboxStatus = { messages: 0, bytes: 0, oldestAgeMs: undefined, newestAgeMs: undefined };
    for (const queue of await this.queuesOf(did, recipient)) {
      const { messages, bytes, oldestAgeMs, newestAgeMs } = await this.#store.status(queue);
      if (messages === 0) continue;
      total = {
        messages: total.messages + messages,
        bytes: total.bytes + bytes,
        oldestAgeMs: Math.max(total.oldestAgeMs ?? 0, oldestAgeMs ?? 0),
        newestAgeMs: Math.min(total.newestAgeMs ?? Infinity, newestAgeMs ?? Infinity),
      };
    }
    return total;
  }

  async list(did: string, query: DeliveryQuery): Promise<readonly QueuedMessage[]> {
    const destinations = await this.queuesOf(did, query.recipient);
    const limitMessages = Math.min(query.limitMessages, MAX_DELIVERED);
    if (destinations.length === 0 || limitMessages === 0) return [];
    return this.#store.list({ destinations, limitMessages, limitBytes: query.limitBytes });
  }

  /** Deletes what `did` has received. Ids of other people's messages are passed over. */
  async acknowledge(did: string, ids: readonly string[]): Promise<void> {
    const queues = await this.queuesOf(did);
    if (queues.length === 0 || ids.length === 0) return;
    await this.#store.acknowledge(ids, queues);
    for (const queue of queues) this.#acknowledged.ring(queue);
  }
}
