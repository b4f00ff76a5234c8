import path from 'node:path';
import { createMemoryMap, type PersistentMap } from '../did/persistent-map.js';
import type { DidMethod } from '../did/resolver.js';
import { createAddressPolicy } from '../net/address-policy.js';
import { openFileMap } from './file-map.js';
import { programUrl } from './program-url.js';

export interface NetworkDidOptions {
  /** Networks that outgoing requests may reach although they are private: CIDR blocks. */
  readonly allowAddress?: readonly string[];
  /** A folder that keeps documents of did:web and did:webvh, and long forms of did:peer. */
  readonly didCache?: string;
}

const FETCH_LIMITS = { timeoutMs: 10_000, maxBytes: 4 * 1024 * 1024, maxRedirects: 5 };
/** A log and its witness proofs, or a document. */
const MAX_VALUE_BYTES = 8 * 1024 * 1024;
const MAX_ENTRIES = 10_000;
/** Values kept in memory where there is no folder: one run of a command meets few DIDs. */
const MEMORY_ENTRIES = 1000;

/**
 * did:web and did:webvh, through the address policy, with their last good answers kept for when the network is away.
 * What they are made of is loaded when the first such DID is met: it is larger than everything else together.
 * Throws ERR_INVALID_ARGUMENT for a bad CIDR block.
 */
export function networkMethods(options: NetworkDidOptions): readonly DidMethod[] {
  const policy = createAddressPolicy({ allow: options.allowAddress ?? [] });
  let loading: Promise<ReadonlyMap<string, DidMethod>> | undefined;
  const lazily = (method: string): DidMethod => ({
    method,
    async resolve(did, resolveOptions) {
      loading ??= load();
      const loaded = (await loading).get(method);
      return loaded?.resolve(did, resolveOptions);
    },
  });
  return [lazily('web'), lazily('webvh')];

  async function load(): Promise<ReadonlyMap<string, DidMethod>> {
    const [{ createCachedMethod }, { createWebMethod }, { createWebvhMethod }, { createGuardedFetch }, verifier] =
      await Promise.all([
        import('../did/network-cache.js'),
        import('../did/web.js'),
        import('../did/webvh.js'),
        import('../net/guarded-fetch.js'),
        import('../net/webvh-verifier.js'),
      ]);
    const fetchDocument = createGuardedFetch({ policy, ...FETCH_LIMITS });
    const verify = verifier.createWebvhVerifier({ programUrl: programUrl('webvh-process', '../net/webvh-process.ts') });
    const cache = { clock: { nowMs: () => Date.now() }, copies: await openCopies(options) };
    const methods = [createWebMethod({ fetchDocument }), createWebvhMethod({ fetchDocument, verify })];
    return new Map(methods.map((method) => [method.method, createCachedMethod(method, cache)]));
  }
}

/** Documents of network DIDs can be fetched again, so the oldest makes room. */
function openCopies({ didCache }: NetworkDidOptions): Promise<PersistentMap> | PersistentMap {
  if (didCache === undefined) return createMemoryMap(MEMORY_ENTRIES);
  const limits = { maxEntries: MAX_ENTRIES, maxValueBytes: MAX_VALUE_BYTES, whenFull: 'forget-oldest' } as const;
  return openFileMap(path.join(didCache, 'documents'), limits);
}

/**
 * Long forms of did:peer, by short form; a peer that is known by its short form is lost with its entry, so nothing is
 * forgotten to make room. Throws ERR_FILE.
 */
export async function openLongForms({ didCache }: NetworkDidOptions): Promise<PersistentMap> {
  if (didCache === undefined) return createMemoryMap(MEMORY_ENTRIES);
  const limits = { maxEntries: MAX_ENTRIES, maxValueBytes: MAX_VALUE_BYTES, whenFull: 'refuse' } as const;
  return openFileMap(path.join(didCache, 'long-forms'), limits);
}
