import { quote, WaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import type { PersistentMap } from './persistent-map.js';
import { shortFormOf } from './short-form.js';

/** The long forms of DIDs seen so far, kept under their short forms: without them a short form means nothing. */
export class LongForms {
  readonly #primitives: Primitives;
  readonly #map: PersistentMap;

  constructor(primitives: Primitives, map: PersistentMap) {
    this.#primitives = primitives;
    this.#map = map;
  }

  /**
   * Keeps a long form that was found valid. Reads before it writes: flash memory wears by writing, and a busy peer's
   * DID is resolved again after every restart. Throws what the map throws: whoever went on without the long form kept
   * could lose the peer for good, when it next uses only the short form.
   */
  async remember(longForm: string): Promise<void> {
    const shortForm = shortFormOf(this.#primitives, longForm);
    if (shortForm === undefined) return;
    if ((await this.#map.get(shortForm)) !== longForm) await this.#map.set(shortForm, longForm);
  }

  /**
   * The long form of `shortForm`. Throws ERR_DID_UNAVAILABLE (retryable: it may arrive with the peer's next message)
   * when it was not seen yet, or when what the map kept does not have this short form.
   */
  async recall(shortForm: string): Promise<string> {
    const longForm = await this.#map.get(shortForm);
    if (longForm !== undefined && shortFormOf(this.#primitives, longForm) === shortForm) return longForm;
    const why = longForm === undefined ? 'was not seen yet' : 'was kept damaged';
    throw new WaypostError('ERR_DID_UNAVAILABLE', `the long form of ${quote(shortForm)} ${why}`, { retryable: true });
  }
}
