import { quote, WaypostError } from '../../src/core/errors.js';
import type { Information } from './information.js';
import type { PresentStations } from './present-stations.js';

/** Whom a station connects to by itself. */
export interface SeekOptions {
  /** Whoever offers a profile, or those who say that they have one of these DIDs. */
  readonly whom: 'all' | readonly string[];
  /** The one spelling of a DID that compares. */
  canonical(did: string): string;
}

interface SeekRulesOptions extends SeekOptions {
  readonly ownStation: string;
  readonly present: Pick<PresentStations, 'has' | 'hasCome'>;
}

const NOT_SOUGHT_MS = 10 * 60_000;
const PRESENT_MS = 60_000;
const GIVE_WAY_MS = 20_000;

/** With whom a session is begun, of those whose information was read. */
export class SeekRules {
  readonly #options: SeekRulesOptions;
  readonly #wanted: ReadonlySet<string> | undefined;
  /** The stations of DIDs that are wanted, as far as they were met. */
  readonly #stations = new Map<string, string>();
  /** Stations that were given the time to come by themselves. No more than are wanted, or fit into the slots of the air. */
  readonly #hadTheirTime = new Set<string>();

  constructor(options: SeekRulesOptions) {
    this.#options = options;
    this.#wanted = options.whom === 'all' ? undefined : new Set(options.whom.map((did) => options.canonical(did)));
  }

  /** True when only peripherals that say who they are can be sought. */
  get needsDid(): boolean {
    return this.#wanted !== undefined;
  }

  /** Whether there can be anybody who is still sought, beside those with these (claimed) DIDs. */
  isAnybodyMissing(connected: readonly string[]): boolean {
    if (this.#wanted === undefined) return true;
    const { canonical, present } = this.#options;
    const there = new Set(connected.map((did) => canonical(did)));
    return [...this.#wanted].some((did) => {
      const station = this.#stations.get(did);
      return !there.has(did) && (station === undefined || !present.has(station));
    });
  }

  /**
   * Throws ERR_REFUSED (retryable, with the time after which to look again) for somebody who is not sought, is connected
   * already, or will connect to us: of two stations that both seek, the one with the lesser station id connects, and the
   * other only when that did not happen.
   */
  check({ did, station, seeks }: Information): void {
    const { ownStation, present, canonical } = this.#options;
    if (station === ownStation) throw refused('it is this station itself', NOT_SOUGHT_MS);
    if (this.#wanted !== undefined) {
      const name = did === undefined ? undefined : canonical(did);
      if (name === undefined || !this.#wanted.has(name)) {
        const who = did === undefined ? 'it does not say who it is' : `it says it is ${quote(did)}`;
        throw refused(`${who}, which is not sought`, NOT_SOUGHT_MS);
      }
      if (station !== undefined) this.#stations.set(name, station);
    }
    if (station === undefined) return;
    if (present.has(station)) throw refused('it is connected already', PRESENT_MS);
    if (!seeks || ownStation < station || this.#hadTheirTime.delete(station)) return;
    if (this.#hadTheirTime.size >= MAX_WAITED_FOR) this.#hadTheirTime.clear();
    this.#hadTheirTime.add(station);
    throw refused('it seeks, too, and is to connect to us', GIVE_WAY_MS);
  }

  /** Whether a session that we began is one too many, as the station connected to us at the same time. */
  isOneTooMany(station: string | undefined): boolean {
    const { ownStation, present } = this.#options;
    return station !== undefined && ownStation > station && present.hasCome(station);
  }
}

/** Anybody can invent station ids. */
const MAX_WAITED_FOR = 100;

function refused(why: string, retryAfterMs: number): WaypostError {
  return new WaypostError('ERR_REFUSED', why, { retryable: true, retryAfterMs });
}
