import { type ErrorCode, isWaypostError, type WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { MessageStore, NewMessage, Operation, PutResult } from '../../store/message-store.js';
import type { Inflow } from '../operator/inflow.js';
import type { Refusals } from '../operator/refusals.js';

export interface Counter {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** What is told of what comes, beside the counting. */
interface Watched {
  readonly inflow: Inflow;
  readonly refusals: Refusals;
}

/** Counts what comes and goes. Names of events and codes are of this program, so there is an end of them. */
export class Counters {
  readonly #stored = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #events = new Map<string, number>();
  readonly #watched: Watched | undefined;
  #full: WaypostError | undefined;

  constructor(watched?: Watched) {
    this.#watched = watched;
  }

  /** Messages that were refused since the start, by error code. */
  get refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused);
  }

  list(): readonly Counter[] {
    return [
      counter('waypost_messages_put_total', 'Messages put into the store, by outcome.', 'outcome', this.#stored),
      counter('waypost_messages_left_total', 'Messages that left the store, by reason.', 'reason', this.#left),
      counter('waypost_messages_refused_total', 'Messages refused, by error code.', 'code', this.#refused),
      counter('waypost_events_total', 'Events of the log, of all levels.', 'event', this.#events),
    ];
  }

  /** Why the last message that came found no room in the store; undefined when it did. */
  get full(): WaypostError | undefined {
    return this.#full;
  }

  /** A logger that counts what it is told, also what it does not write. */
  countingLogger(logger: Logger): Logger {
    const at =
      (level: keyof Logger): Logger[keyof Logger] =>
      (event, fields) => {
        add(this.#events, event, 1);
        if (event === 'message.refused') add(this.#refused, String(fields?.code), 1);
        logger[level](event, fields);
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  /** A store whose changes are counted. */
  countingStore(store: MessageStore): MessageStore {
    const counted: Pick<MessageStore, 'put' | 'transact' | 'acknowledge' | 'purge' | 'expire'> = {
      put: async (message) => this.#put(message, await this.#noticing([message], store.put(message))),
      transact: async (operations) => {
        const results = await this.#noticing(messagesIn(operations), store.transact(operations));
        operations.forEach((operation, index) => {
          const result: unknown = results[index];
          if (operation.kind === 'put') this.#put(operation.message, result as PutResult);
          else if (operation.kind === 'acknowledge') add(this.#left, 'acknowledged', result as number);
          else if (operation.kind === 'purge') add(this.#left, 'purged', result as number);
        });
        return results;
      },
      acknowledge: async (ids, destinations) => {
        const count = await store.acknowledge(ids, destinations);
        add(this.#left, 'acknowledged', count);
        return count;
      },
      purge: async (destination, ids) => {
        const count = await store.purge(destination, ids);
        add(this.#left, 'purged', count);
        return count;
      },
      expire: async (limit) => {
        const departures = await store.expire(limit);
        for (const { reason } of departures) add(this.#left, reason, 1);
        return departures;
      },
    };
    return new Proxy(store, {
      get(target, name) {
        const own: unknown = Reflect.get(counted, name);
        if (own !== undefined) return own;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async #noticing<T>(messages: readonly NewMessage[], work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (messages.length === 0 || !isWaypostError(error) || !NO_ROOM.has(error.code)) throw error;
      if (error.code === 'ERR_STORE_FULL') this.#full = error;
      for (const { destination } of messages) this.#watched?.refusals.refused(destination, error);
      throw error;
    }
  }

  #put({ destination, content, metadata }: NewMessage, result: PutResult): PutResult {
    add(this.#stored, result.outcome, 1);
    if (result.outcome === 'duplicate') return result;
    this.#full = undefined;
    this.#watched?.refusals.taken(destination);
    this.#watched?.inflow.add(content.length + (metadata?.length ?? 0));
    return result;
  }
}

const NO_ROOM: ReadonlySet<ErrorCode> = new Set(['ERR_STORE_FULL', 'ERR_QUOTA_RECIPIENT', 'ERR_QUOTA_DEPOSITOR']);

function messagesIn(operations: readonly Operation[]): readonly NewMessage[] {
  return operations.flatMap((operation) => (operation.kind === 'put' ? [operation.message] : []));
}

function add(counts: Map<string, number>, label: string, count: number): void {
  counts.set(label, (counts.get(label) ?? 0) + count);
}

function counter(name: string, help: string, label: string, counts: ReadonlyMap<string, number>): Counter {
  return { name, help, samples: [...counts].map(([key, value]) => ({ labels: { [label]: key }, value })) };
}
