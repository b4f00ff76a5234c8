import type { Lease, LeaseQuery, MessageStore } from './message-store.js';

/** Which destinations are leased. Kept in memory: after a restart nobody is pushing. */
export class LeaseBook {
  readonly #untilMs = new Map<string, { until: number }>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Takes the destination; undefined while somebody else has it. The result gives it back, as often as one likes. */
  take(destination: string, durationMs: number): (() => void) | undefined {
    const now = this.#monotonicMs();
    const held = this.#untilMs.get(destination);
    if (held && held.until > now) return undefined;
    const mine = { until: now + durationMs };
    this.#untilMs.set(destination, mine);
    return () => {
      // A lease that ran out may have been given to somebody else since.
      if (this.#untilMs.get(destination) === mine) this.#untilMs.delete(destination);
    };
  }
}

type LeaseSource = Pick<MessageStore, 'list' | 'transact'>;

/**
 * Leases the first destination that is free and has something. The destination is taken before its queue is read, so
 * that of two callers at the same time only one gets it.
 */
export async function grantLease(store: LeaseSource, book: LeaseBook, query: LeaseQuery): Promise<Lease | undefined> {
  const { durationMs, limitMessages = 1, limitBytes } = query;
  const taken = new Map<string, () => void>();
  for (const destination of query.destinations) {
    const giveBack = taken.has(destination) ? undefined : book.take(destination, durationMs);
    if (giveBack) taken.set(destination, giveBack);
  }
  try {
    const destinations = [...taken.keys()];
    const listed = await store.list({ destinations, limitMessages, ...(limitBytes !== undefined && { limitBytes }) });
    const destination = listed[0]?.destination;
    if (destination === undefined) return undefined;
    const giveBack = taken.get(destination);
    taken.delete(destination);
    const messages = listed.filter((message) => message.destination === destination);
    return {
      destination,
      messages,
      async acknowledge(ids = messages.map((message) => message.id)) {
        await store.transact([{ kind: 'acknowledge', ids, destinations: 'any' }]);
      },
      async [Symbol.asyncDispose]() {
        giveBack?.();
      },
    };
  } finally {
    for (const giveBack of taken.values()) giveBack();
  }
}
