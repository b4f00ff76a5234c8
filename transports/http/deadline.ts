/**
 * A signal that aborts after a time, or with another one. `AbortSignal.timeout` would keep its timer, and all that
 * hangs on it, for the whole time: thousands of quick requests a second would leave tens of thousands behind.
 */
export class Deadline implements Disposable {
  readonly #abort = new AbortController();
  readonly #other: AbortSignal;
  readonly #late: NodeJS.Timeout;
  readonly #follow = (): void => this.#abort.abort(this.#other.reason);

  constructor(timeoutMs: number, other: AbortSignal) {
    this.#other = other;
    this.#late = setTimeout(() => this.#abort.abort(), timeoutMs);
    other.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#late);
    this.#other.removeEventListener('abort', this.#follow);
  }
}
