import { BoundedCache } from '../core/bounded-cache.js';
import { toHex } from '../core/bytes.js';
import type { Outcome } from './session/incoming.js';

const DEFAULT_LIMIT = 2048;

/** A message that somebody above is deciding about. */
interface Undecided {
  readonly sinceMs: number;
  /** Offers of the same message, from later sessions, that wait for the same decision. */
  readonly waiting: ((outcome: Outcome) => void)[];
}

/**
 * What a station remembers of messages beyond the session that brought them, so that one that is offered again is
 * answered and not delivered again: those whose sender may not know that they were accepted, and those that are being
 * decided about. It is memory: after a restart the message is delivered twice, and who stores messages knows it by its
 * content.
 */
export class SettledMessages {
  readonly #accepted: BoundedCache<string, true>;
  readonly #undecided = new Map<string, Undecided>();

  constructor(limit = DEFAULT_LIMIT) {
    this.#accepted = new BoundedCache(limit);
  }

  /** It was accepted, and its sender may not know. */
  addAccepted(peer: string, hash: Uint8Array): void {
    this.#accepted.set(keyOf(peer, hash), true);
  }

  /** Whether it is one of these; it is not any more. */
  takeAccepted(peer: string, hash: Uint8Array): boolean {
    const key = keyOf(peer, hash);
    const isKnown = this.#accepted.get(key) === true;
    this.#accepted.delete(key);
    return isKnown;
  }

  /** It is handed to somebody who will decide. */
  begin(peer: string, hash: Uint8Array, nowMs: number): void {
    this.#undecided.set(keyOf(peer, hash), { sinceMs: nowMs, waiting: [] });
  }

  /** The decision; undefined when there will be none. */
  decide(peer: string, hash: Uint8Array, outcome: Outcome | undefined): void {
    const key = keyOf(peer, hash);
    const undecided = this.#undecided.get(key);
    this.#undecided.delete(key);
    if (outcome !== undefined) for (const tell of undecided?.waiting ?? []) tell(outcome);
  }

  /** Waits for the decision, if one is pending that was asked for no longer than `patienceMs` ago. Whether it is. */
  join(peer: string, hash: Uint8Array, nowMs: number, patienceMs: number, tell: (outcome: Outcome) => void): boolean {
    const undecided = this.#undecided.get(keyOf(peer, hash));
    if (undecided === undefined || nowMs > undecided.sinceMs + patienceMs) return false;
    undecided.waiting.push(tell);
    return true;
  }
}

function keyOf(peer: string, hash: Uint8Array): string {
  return `${toHex(hash)} ${peer}`;
}
