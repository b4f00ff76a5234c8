import type { Lease, LeaseQuery, MessageStore } from './message-store.js';

/** Which destinations are leased. Kept in memory: after a restart nobody is pushing. */
export class LeaseBook {
  readonly #leased = new Map<string, { until: number }>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  isFree(destination: string): boolean {
    const held = this.#leased.get(destination);
    return !held || held.until <= this.#monotonicMs();
  }

  /** Takes the destination; undefined while somebody else has it. The result gives it back, as often as one likes. */
  take(destination: string, durationMs: number): (() => void) | undefined {
    if (!this.isFree(destination)) return undefined;
    const mine = { until: this.#monotonicMs() + durationMs };
    this.#leased.set(destination, mine);
    return () => {
      // A lease that ran out may have been given to somebody else since.
      if (this.#leased.get(destination) === mine) this.#leased.delete(destination);
    };
  }
}

type LeaseSource = Pick<MessageStore, 'list' | 'transact'>;

/** Leases the first destination that is free and that something waits for. */
export async function grantLease(store: LeaseSource, book: LeaseBook, query: LeaseQuery): Promise<Lease | undefined> {
  let candidates = [...new Set(query.destinations)];
  while (true) {
    candidates = candidates.filter((destination) => book.isFree(destination));
    const [head] = await store.list({ destinations: candidates, limitMessages: 1 });
    if (!head) return undefined;
    const lease = await leaseOf(store, book, query, head.destination);
    if (lease) return lease;
    candidates = candidates.filter((destination) => destination !== head.destination);
  }
}

/** The queue is read once it is taken: what was seen before may have been sent by whoever had it until now. */
async function leaseOf(
  store: LeaseSource,
  book: LeaseBook,
  { durationMs, limitMessages = 1, limitBytes }: LeaseQuery,
  destination: string,
): Promise<Lease | undefined> {
  const giveBack = book.take(destination, durationMs);
  if (!giveBack) return undefined;
  try {
    const limits = { limitMessages, ...(limitBytes !== undefined && { limitBytes }) };
    const messages = await store.list({ destinations: [destination], ...limits });
    if (messages.length === 0) {
      giveBack();
      return undefined;
    }
    return {
      destination,
      messages,
      async acknowledge(ids = messages.map((message) => message.id)) {
        await store.transact([{ kind: 'acknowledge', ids, destinations: 'any' }]);
      },
      async [Symbol.asyncDispose]() {
        giveBack();
      },
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}
