import type { ErrorCode, WaypostError } from '../../core/errors.js';

/** A destination that the last message for found no room. */
export interface Refusal {
  readonly destination: string;
  readonly code: ErrorCode;
  /** With the limit that was reached. */
  readonly message: string;
  /** One after the other, without one that was taken. */
  readonly times: number;
  /** Since the last. */
  readonly agoMs: number;
}

const MAX_DESTINATIONS = 100;

/** For whom messages are refused at present: those who were refused most recently, the last first. */
export class Refusals {
  readonly #monotonicMs: () => number;
  readonly #known = new Map<string, { readonly error: WaypostError; readonly times: number; readonly atMs: number }>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  refused(destination: string, error: WaypostError): void {
    const times = (this.#known.get(destination)?.times ?? 0) + 1;
    this.#known.delete(destination);
    this.#known.set(destination, { error, times, atMs: this.#monotonicMs() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_DESTINATIONS && oldest !== undefined) this.#known.delete(oldest);
  }

  taken(destination: string): void {
    this.#known.delete(destination);
  }

  list(): readonly Refusal[] {
    const nowMs = this.#monotonicMs();
    return [...this.#known]
      .map(([destination, { error, times, atMs }]) => {
        return { destination, code: error.code, message: error.message, times, agoMs: nowMs - atMs };
      })
      .reverse();
  }
}
