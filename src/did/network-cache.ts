import type { Clock } from '../core/clock.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import type { DidDocument, ResolveOptions } from '../envelope/resolvers.js';
import { CopyStore, type KeptCopy } from './copy-store.js';
import type { NetworkMethod } from './network-method.js';
import type { PersistentMap } from './persistent-map.js';
import type { DidMethod } from './resolver.js';
import { WeightedCache } from './weighted-cache.js';

/** A document together with what is known of its age. */
export interface NetworkResolution {
  /** Undefined when the DID does not exist or was deactivated. */
  readonly document: DidDocument | undefined;
  /** True when the host gave no usable answer, and this is the last good copy. */
  readonly stale: boolean;
  /** When the host last confirmed it, by the clock of that time. */
  readonly fetchedAtMs: number;
  /** Why it is stale. */
  readonly problem?: WaypostError;
}

/** A network method behind its cache. */
export interface CachedMethod extends DidMethod {
  /** As `resolve`, and says whether the answer is stale. */
  resolveWithMetadata(did: string, options?: ResolveOptions): Promise<NetworkResolution>;
}

export interface NetworkCacheOptions {
  readonly clock: Clock;
  /** Keeps the last good copies over restarts. May forget. */
  readonly copies: PersistentMap;
  /** Told of copies that could not be written or were damaged: the answers do not suffer, the next restart would. */
  readonly onProblem?: (problem: WaypostError) => void;
  /** Characters of documents and logs kept in memory. */
  readonly maxChars?: number;
  /** DIDs asked for at the same time. */
  readonly maxRequests?: number;
}

/** The shortest an answer is good for, whatever its owner says: one message asks for the same DID several times. */
const MIN_HOLD_MS = 5_000;
/** The longest: a time to live of years would keep a revoked key alive. */
const MAX_HOLD_MS = 24 * 3_600_000;
/** How long "does not exist" is good for. */
const ABSENT_HOLD_MS = 60_000;
/** After one failure; doubled with each further one. */
const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;

const DEFAULT_MAX_CHARS = 4 * 1024 * 1024;
const DEFAULT_MAX_REQUESTS = 32;
/** What an entry takes beside its texts. */
const ENTRY_CHARS = 500;

/**
 * Puts a cache in front of a method that needs the network.
 *
 * - Within its time to live a copy is the answer, with the same document object each time.
 * - Then the host is asked. When it gives no usable answer (it cannot be reached, is broken, or shows something older
 *   or forged), the last good copy is the answer, marked stale, and the host is left alone for a while, so that being
 *   offline does not cost the time-out for each message. Without a copy that is ERR_DID_UNAVAILABLE.
 * - "Does not exist" is an answer of the host itself, proven by TLS: the copy is not shown any more, and neither later
 *   when the host is away, because a removed document may be a revoked key. It is kept all the same: a log that comes
 *   back must not be older.
 * - Times are compared within one run of the clock only: when it has jumped back, the host is asked again.
 *
 * Callers of the same DID share one request, which goes on when one of them gives up; `signal` ends only the waiting.
 * Throws ERR_DID_MALFORMED, ERR_DID_UNAVAILABLE (retryable), ERR_DID_DOCUMENT, or the reason of the signal.
 */
export function createCachedMethod(method: NetworkMethod, options: NetworkCacheOptions): CachedMethod {
  const cache = new NetworkCache(method, options);
  return {
    method: method.method,
    resolveWithMetadata: (did, { signal } = {}) => cache.resolve(did, signal),
    resolve: async (did, { signal }) => (await cache.resolve(did, signal)).document,
  };
}

/** What is known of a DID, and how long that is good enough. */
interface Entry {
  readonly kept: KeptCopy | undefined;
  /** Set when the last attempt failed. */
  readonly problem?: WaypostError;
  /** Attempts that failed since the last answer. */
  readonly failures: number;
  readonly sinceMs: number;
  readonly holdMs: number;
}

class NetworkCache {
  readonly #method: NetworkMethod;
  readonly #clock: Clock;
  readonly #store: CopyStore;
  readonly #entries: WeightedCache<string, Entry>;
  readonly #requests = new Map<string, Promise<Entry>>();
  readonly #maxRequests: number;

  constructor(method: NetworkMethod, options: NetworkCacheOptions) {
    this.#method = method;
    this.#clock = options.clock;
    this.#store = new CopyStore(method, options.copies, options.onProblem);
    this.#entries = new WeightedCache(options.maxChars ?? DEFAULT_MAX_CHARS, weigh);
    this.#maxRequests = options.maxRequests ?? DEFAULT_MAX_REQUESTS;
  }

  async resolve(did: string, signal: AbortSignal | undefined): Promise<NetworkResolution> {
    const known = this.#entries.get(did);
    if (known !== undefined && this.#isHeld(known)) return answer(known);
    return answer(await unlessAborted(this.#request(did, known), signal));
  }

  /** A clock that stands before the moment of the answer has jumped, and says nothing about its age. */
  #isHeld({ sinceMs, holdMs }: Entry): boolean {
    const ageMs = this.#clock.nowMs() - sinceMs;
    return ageMs >= 0 && ageMs < holdMs;
  }

  #request(did: string, known: Entry | undefined): Promise<Entry> {
    const underWay = this.#requests.get(did);
    if (underWay !== undefined) return underWay;
    if (this.#requests.size >= this.#maxRequests) {
      const problem = unavailable(did, `${this.#requests.size} others are being asked for`);
      return Promise.resolve({ kept: known?.kept, problem, failures: 0, sinceMs: 0, holdMs: 0 });
    }
    const request = this.#renew(did, known).finally(() => this.#requests.delete(did));
    this.#requests.set(did, request);
    return request;
  }

  async #renew(did: string, known: Entry | undefined): Promise<Entry> {
    const entry = known ?? (await this.#reopen(did));
    if (entry !== undefined && this.#isHeld(entry)) return this.#remember(did, entry);
    return this.#remember(did, await this.#ask(did, entry));
  }

  /** What an earlier run of the program left. */
  async #reopen(did: string): Promise<Entry | undefined> {
    const kept = await this.#store.open(did, this.#clock.nowMs());
    return kept && { kept, failures: 0, sinceMs: kept.fetchedAtMs, holdMs: kept.isGone ? 0 : holdMsOf(kept) };
  }

  async #ask(did: string, entry: Entry | undefined): Promise<Entry> {
    const kept = entry?.kept;
    const nowMs = this.#clock.nowMs();
    try {
      const fresh = await this.#method.fetch(did, kept?.copy, Math.max(nowMs, kept?.fetchedAtMs ?? 0));
      const sinceMs = this.#clock.nowMs();
      if (fresh === undefined) {
        const gone = kept && (await this.#store.keep(did, { ...kept, isGone: true }, kept));
        return { kept: gone, failures: 0, sinceMs, holdMs: ABSENT_HOLD_MS };
      }
      // While nothing has changed, callers keep the document object that they know.
      const copy = fresh.source === kept?.copy.source ? kept.copy : fresh;
      const renewed = await this.#store.keep(did, { copy, fetchedAtMs: sinceMs, isGone: false }, kept);
      return { kept: renewed, failures: 0, sinceMs, holdMs: holdMsOf(renewed) };
    } catch (error) {
      if (!isWaypostError(error) || error.code === 'ERR_DID_MALFORMED') throw error;
      const problem = error.code === 'ERR_DID_DOCUMENT' ? error : unavailable(did, error.message, error);
      const failures = (entry?.failures ?? 0) + 1;
      const holdMs = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
      return { kept, problem, failures, sinceMs: this.#clock.nowMs(), holdMs };
    }
  }

  #remember(did: string, entry: Entry): Entry {
    this.#entries.set(did, entry);
    return entry;
  }
}

function answer({ kept, problem, sinceMs }: Entry): NetworkResolution {
  if (problem === undefined) {
    if (kept === undefined || kept.isGone) return { document: undefined, stale: false, fetchedAtMs: sinceMs };
    return { document: kept.copy.document, stale: false, fetchedAtMs: kept.fetchedAtMs };
  }
  if (kept === undefined || kept.isGone) throw problem;
  return { document: kept.copy.document, stale: true, fetchedAtMs: kept.fetchedAtMs, problem };
}

function weigh(did: string, { kept }: Entry): number {
  return ENTRY_CHARS + did.length + (kept?.copy.source.length ?? 0);
}

function holdMsOf({ copy }: KeptCopy): number {
  return Math.min(Math.max(copy.ttlMs, MIN_HOLD_MS), MAX_HOLD_MS);
}

function unavailable(did: string, why: string, cause?: unknown): WaypostError {
  if (isWaypostError(cause, 'ERR_DID_UNAVAILABLE')) return cause;
  const message = `whether ${quote(did)} exists cannot be said now: ${why}`;
  return new WaypostError('ERR_DID_UNAVAILABLE', message, { cause, retryable: true });
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
