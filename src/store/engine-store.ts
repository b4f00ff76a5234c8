import { WaypostError } from '../core/errors.js';
import type { AgeKeeper } from './age.js';
import type { Engine, EngineResult, Totals } from './engine.js';
import type { EntryQuery, Spaces, StoredEntry } from './key-value.js';
import { grantLease, LeaseBook } from './leases.js';
import { checkLimit, checkMessage, checkName, checkSize, type StoreLimits, spaceLimits } from './limits.js';
import type {
  Departure,
  Lease,
  LeaseQuery,
  ListQuery,
  MessageFate,
  MessageStore,
  NewMessage,
  Operation,
  Page,
  PutResult,
  QueuedMessage,
  QueueStatus,
  ResultOf,
  StoreSize,
} from './message-store.js';

interface EngineStoreOptions {
  readonly engine: Engine;
  readonly age: AgeKeeper;
  readonly monotonicMs: () => number;
  readonly limits: StoreLimits;
  readonly spaces: Spaces;
  /** What the engine held when it was opened. */
  readonly totals: Totals;
}

const DEFAULT_EXPIRE_LIMIT = 1000;

/** A {@link MessageStore} on an {@link Engine}: checks, copies, leases and the time, the same for all engines. */
export class EngineStore implements MessageStore {
  readonly #options: EngineStoreOptions;
  readonly #leases: LeaseBook;
  #totals: Totals;
  #closing: Promise<void> | undefined;

  constructor(options: EngineStoreOptions) {
    this.#options = options;
    this.#leases = new LeaseBook(options.monotonicMs);
    this.#totals = options.totals;
  }

  async put(message: NewMessage): Promise<PutResult> {
    const [result] = await this.transact([{ kind: 'put', message }]);
    return result;
  }

  async acknowledge(ids: readonly string[], destinations: readonly string[]): Promise<number> {
    const [count] = await this.transact([{ kind: 'acknowledge', ids, destinations }]);
    return count;
  }

  async purge(destination: string, ids?: readonly string[]): Promise<number> {
    const [count] = await this.transact([{ kind: 'purge', destination, ...(ids && { ids }) }]);
    return count;
  }

  async expire(limitMessages = DEFAULT_EXPIRE_LIMIT): Promise<readonly Departure[]> {
    checkLimit(limitMessages, 'limitMessages');
    const [departures] = await this.#commit([{ kind: 'expire', limitMessages }]);
    return departures as readonly Departure[];
  }

  async transact<const T extends readonly Operation[]>(
    operations: T,
  ): Promise<{ readonly [I in keyof T]: ResultOf<T[I]> }> {
    const own = operations.map((operation) => this.#checkedCopy(operation));
    // The engine answers operation by operation; that the kinds agree is its contract, which types cannot follow.
    return (await this.#commit(own)) as { readonly [I in keyof T]: ResultOf<T[I]> };
  }

  async list(query: ListQuery): Promise<readonly QueuedMessage[]> {
    this.#assertOpen();
    checkLimit(query.limitMessages, 'limitMessages');
    if (query.limitBytes !== undefined) checkLimit(query.limitBytes, 'limitBytes');
    if (query.after !== undefined && query.destinations.length !== 1) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', '`after` continues one queue, so it needs a single destination');
    }
    return this.#options.engine.read('list', query, this.#options.age.ageMs());
  }

  async lease(query: LeaseQuery): Promise<Lease | undefined> {
    this.#assertOpen();
    checkLimit(query.durationMs, 'durationMs');
    return grantLease(this, this.#leases, query);
  }

  async status(destination: string): Promise<QueueStatus> {
    this.#assertOpen();
    return this.#options.engine.read('status', destination, this.#options.age.ageMs());
  }

  async destinations(page: Page): Promise<readonly QueueStatus[]> {
    this.#assertOpen();
    checkLimit(page.limit, 'limit');
    return this.#options.engine.read('destinations', page, this.#options.age.ageMs());
  }

  async why(id: string): Promise<MessageFate | undefined> {
    this.#assertOpen();
    return this.#options.engine.read('why', id, this.#options.age.ageMs());
  }

  async size(): Promise<StoreSize> {
    this.#assertOpen();
    const { total, reserved } = this.#options.limits;
    return {
      ...this.#totals,
      limitMessages: total.messages - reserved.messages,
      limitBytes: total.bytes - reserved.bytes,
    };
  }

  async get(space: string, key: string): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    spaceLimits(this.#options.spaces, space);
    return this.#options.engine.read('get', space, key);
  }

  async entries(query: EntryQuery): Promise<readonly StoredEntry[]> {
    this.#assertOpen();
    spaceLimits(this.#options.spaces, query.space);
    checkLimit(query.limit, 'limit');
    return this.#options.engine.read('entries', query);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#options.engine.close(this.#options.age.moment());
    await this.#closing;
  }

  async #commit(operations: Parameters<Engine['commit']>[0]): Promise<readonly EngineResult[]> {
    this.#assertOpen();
    const { results, totals } = await this.#options.engine.commit(operations, this.#options.age.moment());
    this.#totals = totals;
    return results;
  }

  #assertOpen(): void {
    if (this.#closing) throw new WaypostError('ERR_STORE_CLOSED', 'the store was closed');
  }

  #checkedCopy(operation: Operation): Operation {
    switch (operation.kind) {
      case 'put':
        checkMessage(operation.message, this.#options.limits);
        return { kind: 'put', message: copyOf(operation.message) };
      case 'move':
        checkName(operation.from, 'the destination');
        checkName(operation.to, 'the destination');
        return { ...operation };
      case 'set': {
        const limits = spaceLimits(this.#options.spaces, operation.space);
        checkName(operation.key, 'the key');
        checkSize(operation.value, limits.maxValueBytes, `a value of the space ${operation.space}`);
        return { ...operation, value: new Uint8Array(operation.value) };
      }
      case 'delete':
      case 'require':
        spaceLimits(this.#options.spaces, operation.space);
        return { ...operation };
      default:
        return { ...operation };
    }
  }
}

/** The caller may go on to use its memory for something else. */
function copyOf(message: NewMessage): NewMessage {
  return {
    ...message,
    content: new Uint8Array(message.content),
    contentHash: new Uint8Array(message.contentHash),
    ...(message.metadata && { metadata: new Uint8Array(message.metadata) }),
  };
}
