import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { parseJsonObject } from '../core/json.js';
import type { DidCopy, NetworkMethod } from './network-method.js';
import type { PersistentMap } from './persistent-map.js';

/** A copy with what the network said about it last. */
export interface KeptCopy {
  readonly copy: DidCopy;
  /** When the host last confirmed it. */
  readonly fetchedAtMs: number;
  /** True when the host has since said that the DID does not exist. */
  readonly isGone: boolean;
  /** When it was last written. */
  readonly writtenAtMs?: number;
}

/** Flash memory wears by writing: of what has not changed, the age is written only so often. */
const REWRITE_MS = 6 * 3_600_000;

/*
 * An entry of the map is one line of JSON, `{"fetchedAtMs":...,"isGone":...}`, and below it the source of the copy.
 */
const HEADER_LIMITS = { maxBytes: 200, maxDepth: 1 };

/** The last good copies of one method, kept in a map that is allowed to fail. */
export class CopyStore {
  readonly #method: NetworkMethod;
  readonly #map: PersistentMap;
  readonly #onProblem: (problem: WaypostError) => void;

  constructor(method: NetworkMethod, map: PersistentMap, onProblem: (problem: WaypostError) => void = () => undefined) {
    this.#method = method;
    this.#map = map;
    this.#onProblem = onProblem;
  }

  /**
   * The copy of `did`, checked again by its method; undefined when there is none or it does not pass. The time at
   * which it was fetched has passed for certain, whatever the clock says: a device without a battery wakes up in the
   * past, and must not take its own copy for one from the future.
   * Throws ERR_DID_MALFORMED, and ERR_DID_UNAVAILABLE when the copy cannot be checked now.
   */
  async open(did: string, nowMs: number): Promise<KeptCopy | undefined> {
    try {
      const entry = await this.#map.get(did);
      if (entry === undefined) return undefined;
      const { fetchedAtMs, isGone, source } = readEntry(entry);
      const copy = await this.#method.open(did, source, Math.max(nowMs, fetchedAtMs));
      return { copy, fetchedAtMs, isGone, writtenAtMs: fetchedAtMs };
    } catch (error) {
      if (!isWaypostError(error) || error.code === 'ERR_DID_MALFORMED') throw error;
      if (error.code === 'ERR_DID_UNAVAILABLE') throw error;
      this.#report(did, 'was not kept whole', error);
      return undefined;
    }
  }

  /** Keeps a copy in place of `before`, and gives it back. */
  async keep(did: string, kept: KeptCopy, before: KeptCopy | undefined): Promise<KeptCopy> {
    const { copy, fetchedAtMs, isGone } = kept;
    const writtenAtMs = before?.writtenAtMs ?? Number.NEGATIVE_INFINITY;
    const isUnchanged = copy === before?.copy && isGone === before.isGone;
    if (isUnchanged && Math.abs(fetchedAtMs - writtenAtMs) < REWRITE_MS) return { ...kept, writtenAtMs };
    try {
      await this.#map.set(did, `${JSON.stringify({ fetchedAtMs, isGone })}\n${copy.source}`);
      return { ...kept, writtenAtMs: fetchedAtMs };
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      this.#report(did, 'cannot be kept', error);
      return kept;
    }
  }

  #report(did: string, what: string, cause: WaypostError): void {
    this.#onProblem(new WaypostError(cause.code, `the copy of ${quote(did)} ${what}: ${cause.message}`, { cause }));
  }
}

function readEntry(entry: string): { fetchedAtMs: number; isGone: boolean; source: string } {
  const end = entry.indexOf('\n');
  const { fetchedAtMs, isGone } = parseJsonObject(entry.slice(0, Math.max(end, 0)), HEADER_LIMITS, 'its first line');
  if (typeof fetchedAtMs !== 'number' || typeof isGone !== 'boolean') {
    throw new WaypostError('ERR_JSON_MALFORMED', 'its first line does not say how old it is');
  }
  return { fetchedAtMs, isGone, source: entry.slice(end + 1) };
}
