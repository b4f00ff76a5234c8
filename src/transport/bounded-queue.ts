import { WaypostError } from '../core/errors.js';

/**
 * First in, first out, at most `limitItems`, between producers and one consumer. Leaving a `for await` early takes nothing
 * away: the next one goes on where it stopped.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  readonly #takers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  readonly #putters = new Set<() => void>();
  #ended = false;

  constructor(limitItems: number) {
    this.#limit = limitItems;
  }

  /** Items that nobody has taken. */
  get length(): number {
    return this.#items.length;
  }

  /** Nothing more comes in; something may still come out. */
  get ended(): boolean {
    return this.#ended;
  }

  /** False when there is no room or the queue has ended: the item was not taken. */
  push(item: T): boolean {
    if (this.#ended) return false;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ done: false, value: item });
      return true;
    }
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    return true;
  }

  /** Waits for room. Throws ERR_CHANNEL_CLOSED (retryable) when the queue ends before there is any, or the reason of `signal`. */
  async put(item: T, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!this.push(item)) {
      if (this.#ended)
        throw new WaypostError('ERR_CHANNEL_CLOSED', 'nobody takes messages any more', { retryable: true });
      await this.#room(signal);
    }
  }

  /** Nothing more comes in; what is there still comes out. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const taker of this.#takers.splice(0)) taker({ done: true, value: undefined });
    this.#wakePutters();
  }

  /** Ends the queue and takes out what nobody will take any more. */
  clear(): T[] {
    this.end();
    return this.#items.splice(0);
  }

  /** What comes out, in order; it ends when the queue has ended and is empty. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as T;
      this.#wakePutters();
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  #room(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        this.#putters.delete(wake);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        this.#putters.delete(wake);
        reject(signal?.reason);
      };
      this.#putters.add(wake);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  #wakePutters(): void {
    for (const wake of [...this.#putters]) wake();
  }
}
