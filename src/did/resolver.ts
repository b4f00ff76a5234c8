import { BoundedCache } from '../core/bounded-cache.js';
import { quote, WaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import { MAX_DID_LENGTH } from '../envelope/did-url.js';
import type { DidDocument, DidResolver, Resolution, ResolveOptions } from '../envelope/resolvers.js';
import { parseDid } from './did.js';
import { RELATIONSHIPS } from './document.js';
import { resolveJwk } from './jwk.js';
import { resolveKey } from './key.js';
import { LongForms } from './long-forms.js';
import { resolvePeer } from './peer.js';
import type { PersistentMap } from './persistent-map.js';
import { shortFormOf } from './short-form.js';

/**
 * One DID method that needs more than the DID itself, such as `web`. It caches, and joins concurrent requests, by its
 * own rules: only the method knows how long a document is good.
 */
export interface DidMethod {
  /** The name between the colons: `web` in `did:web:example.org`. */
  readonly method: string;
  /** As `DidResolver.resolve`; `did` is a valid DID of this method. */
  resolve(did: string, options: ResolveOptions): Promise<DidDocument | undefined>;
}

/** What {@link createDidResolver} needs. */
export interface DidResolverOptions {
  /** For checking the keys of documents. */
  readonly primitives: Primitives;
  /** Where long forms of did:peer:2 and did:peer:4 are kept, by short form. */
  readonly longForms: PersistentMap;
  /** Further methods. `key`, `jwk` and `peer` are built in. */
  readonly methods?: readonly DidMethod[];
  /** Documents that win over every method, see `staticDocuments`. */
  readonly documents?: ReadonlyMap<string, DidDocument>;
  /** Documents of the built-in methods kept in memory. Default: 500. */
  readonly cacheEntries?: number;
}

type Decode = (did: string) => DidDocument | Promise<DidDocument>;

const DEFAULT_CACHE_ENTRIES = 500;

/** Ids repeat the DID. A document that holds more characters of it than this is made again each time it is needed. */
const MAX_CACHED_CHARS = 65_536;

/**
 * A resolver that answers for did:key, did:jwk and did:peer from the DID alone, and asks `methods` for the others.
 * Documents are frozen; while one is kept, every call returns the same object.
 *
 * Beyond what `DidResolver.resolve` names, it throws ERR_KEY_UNSUPPORTED for a DID that consists of one key of an
 * unknown kind, and what the methods throw. Throws ERR_INVALID_ARGUMENT itself when two methods have one name.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  return new Resolver(options);
}

class Resolver implements DidResolver {
  readonly #primitives: Primitives;
  readonly #documents: ReadonlyMap<string, DidDocument>;
  readonly #offline: ReadonlyMap<string, Decode>;
  readonly #methods = new Map<string, DidMethod>();
  readonly #cache: BoundedCache<string, DidDocument>;
  readonly #canonical: BoundedCache<string, string>;
  /** Requests under way, so that several messages from a new peer decode its DID and write its long form once. */
  readonly #pending = new Map<string, Promise<DidDocument>>();

  constructor(options: DidResolverOptions) {
    const { primitives, cacheEntries = DEFAULT_CACHE_ENTRIES } = options;
    const longForms = new LongForms(primitives, options.longForms);
    this.#primitives = primitives;
    this.#documents = options.documents ?? new Map();
    this.#cache = new BoundedCache(cacheEntries);
    this.#canonical = new BoundedCache(cacheEntries);
    this.#offline = new Map<string, Decode>([
      ['key', (did) => resolveKey(primitives, did)],
      ['jwk', (did) => resolveJwk(primitives, did)],
      ['peer', (did) => resolvePeer(primitives, longForms, did)],
    ]);
    for (const method of options.methods ?? []) this.#add(method);
  }

  resolve(did: string, options: ResolveOptions = {}): Resolution | Promise<Resolution> {
    return this.#documents.get(did) ?? this.#cache.get(did) ?? this.#ask(did, options);
  }

  async #ask(did: string, options: ResolveOptions): Promise<Resolution> {
    const name = parseDid(did).method;
    const decode = this.#offline.get(name);
    if (decode !== undefined) return this.#decodeOnce(did, decode);
    const method = this.#methods.get(name);
    if (method !== undefined) return method.resolve(did, options);
    throw new WaypostError('ERR_DID_METHOD', `${quote(did)} is of method ${quote(name, 20)}, which is not supported`);
  }

  canonical(did: string): string {
    if (!did.startsWith('did:peer:') || did.length > MAX_DID_LENGTH) return did;
    let canonical = this.#canonical.get(did);
    if (canonical === undefined) {
      canonical = shortFormOf(this.#primitives, did) ?? did;
      this.#canonical.set(did, canonical);
    }
    return canonical;
  }

  #add(method: DidMethod): void {
    if (this.#offline.has(method.method) || this.#methods.has(method.method)) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `the DID method ${quote(method.method)} is there twice`);
    }
    this.#methods.set(method.method, method);
  }

  #decodeOnce(did: string, decode: Decode): Promise<DidDocument> {
    const underWay = this.#pending.get(did);
    if (underWay !== undefined) return underWay;
    const request = this.#decodeAndKeep(did, decode).finally(() => this.#pending.delete(did));
    this.#pending.set(did, request);
    return request;
  }

  async #decodeAndKeep(did: string, decode: Decode): Promise<DidDocument> {
    const document = await decode(did);
    if (did.length * countIds(document) <= MAX_CACHED_CHARS) this.#cache.set(did, document);
    return document;
  }
}

/** How often a document repeats its DID at most: an id or a reference in each entry. */
function countIds(document: DidDocument): number {
  const lists = [document.verificationMethod, document.service, ...RELATIONSHIPS.map((name) => document[name])];
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
}
