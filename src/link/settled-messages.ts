import { BoundedCache } from '../core/bounded-cache.js';
import { toHex } from '../core/bytes.js';

const DEFAULT_LIMIT = 2048;

/**
 * Messages that were accepted in a session that ended before their sender is known to have heard it. When such a one
 * is offered again it is answered and not delivered again. It is memory: after a restart the message is delivered
 * twice, and who stores messages knows it by its content.
 */
export class SettledMessages {
  readonly #known: BoundedCache<string, true>;

  constructor(limit = DEFAULT_LIMIT) {
    this.#known = new BoundedCache(limit);
  }

  add(peer: string, hash: Uint8Array): void {
    this.#known.set(keyOf(peer, hash), true);
  }

  /** Whether it was there; it is not any more. */
  take(peer: string, hash: Uint8Array): boolean {
    const key = keyOf(peer, hash);
    const isKnown = this.#known.get(key) === true;
    this.#known.delete(key);
    return isKnown;
  }
}

function keyOf(peer: string, hash: Uint8Array): string {
  return `${toHex(hash)} ${peer}`;
}
