type Listener = (destination: string) => void;

/**
 * Tells those who wait for a destination that something was put there. It carries nothing and remembers nothing:
 * whoever hears it looks into the store, which alone knows what waits.
 */
export class Bell {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onRing: (() => void) | undefined;

  /** `onRing` hears it whatever the destination. */
  constructor(onRing?: () => void) {
    this.#onRing = onRing;
  }

  ring(destination: string): void {
    this.#onRing?.();
    for (const listener of [...(this.#listeners.get(destination) ?? [])]) listener(destination);
  }

  /** The result stops listening. */
  listen(destination: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(destination) ?? new Set();
    this.#listeners.set(destination, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(destination) === listeners) this.#listeners.delete(destination);
    };
  }
}
