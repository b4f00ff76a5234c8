import type { RealWork } from '../../../firmware-sim/bluetooth/pace.js';
import { withResolvers } from '../../../src/core/with-resolvers.js';

/**
 * Calls that are under way in real time: to a database in its thread, to files. Simulated time waits for them, so that a
 * test gives the same on a slow disk and on a busy machine.
 */
export class WatchedWork implements RealWork {
  #calls = 0;
  #idle: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /** What is waited for. */
  get idle(): Promise<void> | undefined {
    return this.#idle?.promise;
  }

  /** The same object, each of whose calls that returns a promise is counted; so are calls of what these resolve to. */
  watch<T extends object>(object: T): T {
    return new Proxy(object, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          const result: unknown = value.apply(target, parameters);
          return result instanceof Promise ? this.during(this.#watched(result)) : result;
        };
      },
    });
  }

  /** The same promise, counted until it settles. */
  async during<T>(call: Promise<T>): Promise<T> {
    if (this.#calls++ === 0) this.#idle = withResolvers<void>();
    try {
      return await call;
    } finally {
      if (--this.#calls === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }

  async #watched(call: Promise<unknown>): Promise<unknown> {
    const result = await call;
    return isHandle(result) ? this.watch(result) : result;
  }
}

/** Something with methods of its own, such as a lease or an open file, and no plain data. */
function isHandle(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
}
