import type { Registry } from '../../protocols/mediation/registry.js';
import type { UpstreamConfig } from './options.js';
import type { UpstreamStatus } from './progress.js';
import { Upstream, type UpstreamParts } from './upstream.js';

interface UpstreamsOptions extends Omit<UpstreamParts, 'ownDid' | 'registrations'> {
  readonly configs: readonly UpstreamConfig[];
  /** The current one first, then those that were rotated away and are still served. */
  readonly ownDids: readonly [string, ...string[]];
  readonly registry: Registry;
}

const PAGE = 1000;

/** All mediators that this gateway is a client of. Each goes its own way; one that is away holds up none of the others. */
export class Upstreams implements AsyncDisposable {
  readonly #upstreams: readonly Upstream[];
  readonly #dids: ReadonlySet<string>;
  readonly #canonical: (did: string) => string;
  readonly #stopListening: () => void;

  constructor(options: UpstreamsOptions) {
    const { configs, ownDids, registry, resolver, limits } = options;
    this.#canonical = (did) => resolver.canonical(did);
    this.#dids = new Set(configs.map(({ did }) => this.#canonical(did)));
    const registrations = {
      wanted: () => served(registry, ownDids, limits.recipients),
      canonical: this.#canonical,
      batchChanges: limits.batchChanges,
    };
    this.#upstreams = configs.map((config) => new Upstream(config, { ...options, ownDid: ownDids[0], registrations }));
    this.#stopListening = registry.changes.listen(registry.anyChange, () => {
      for (const upstream of this.#upstreams) upstream.registrationsChanged();
    });
  }

  start(): void {
    for (const upstream of this.#upstreams) upstream.start();
  }

  status(): readonly UpstreamStatus[] {
    return this.#upstreams.map((upstream) => upstream.status());
  }

  /** Whether a DID, in any spelling, is a configured upstream. */
  has(did: string): boolean {
    return this.#dids.has(this.#canonical(did));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    await Promise.all(this.#upstreams.map((upstream) => upstream[Symbol.asyncDispose]()));
  }
}

/** Our own DIDs and those that local devices registered, at most `limit`. */
async function served(registry: Registry, ownDids: readonly string[], limit: number): Promise<readonly string[]> {
  const dids = new Set(ownDids);
  for (let page: { after?: string; limit: number } | undefined = { limit: PAGE }; page !== undefined; ) {
    const { recipients, next } = await registry.recipients(page);
    for (const did of recipients) if (dids.size < limit) dids.add(did);
    page = dids.size < limit ? next : undefined;
  }
  return [...dids];
}
