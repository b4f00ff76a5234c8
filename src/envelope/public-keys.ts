import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { type AgreementCurve, type PublicJwk, toPublicJwk } from '../crypto/jwk.js';
import { decodeMultibase58, decodeMultikey, encodeMultikey } from '../crypto/multikey.js';
import { isAgreement, type Primitives, type PublicKey } from '../crypto/primitives.js';
import { didOf, fragmentOf } from './did-url.js';
import type {
  DidDocument,
  DidResolver,
  Resolution,
  VerificationMethod,
  VerificationRelationship,
} from './resolvers.js';

/** A public key of a DID, checked and ready for use. */
export interface DidKey {
  /** Absolute DID URL. */
  readonly id: string;
  readonly jwk: PublicJwk;
  readonly key: PublicKey;
}

/** One that can agree on a secret with another key of its curve. */
interface AgreementKey extends DidKey {
  readonly curve: AgreementCurve;
}

/** A verification method as found, before anybody needs its key: one bad key must not make the others unusable. */
interface Entry {
  readonly id: string;
  readonly method: VerificationMethod;
  ready?: DidKey;
}

/** base58btc Ed25519 and X25519 keys of older documents carry no multicodec; the type says what they are. */
const CURVE_OF_LEGACY_TYPE: ReadonlyMap<string, 'Ed25519' | 'X25519'> = new Map([
  ['Ed25519VerificationKey2018', 'Ed25519'],
  ['X25519KeyAgreementKey2019', 'X25519'],
]);

/** 32 bytes take at most 44 characters, and the `z` that the decoder wants. */
const MAX_BASE58_CHARS = 45;

/** Looks up public keys in DID documents, by the purpose that the document lists them for. */
export class PublicKeys {
  readonly #primitives: Primitives;
  readonly #resolver: DidResolver;
  /** Both go with the document object, so that they are gone when the resolver lets the document go. */
  readonly #entries = new WeakMap<DidDocument, Map<VerificationRelationship, readonly Entry[]>>();
  readonly #agreementKeys = new WeakMap<DidDocument, readonly AgreementKey[]>();

  constructor(primitives: Primitives, resolver: DidResolver) {
    this.#primitives = primitives;
    this.#resolver = resolver;
  }

  /** The one spelling of a DID that stands for all of them, see `DidResolver.canonical`. */
  canonical(did: string): string {
    return this.#resolver.canonical(did);
  }

  /** Whether two DIDs are spellings of the same one. */
  isSameDid(a: string, b: string): boolean {
    return a === b || this.canonical(a) === this.canonical(b);
  }

  /**
   * The key `keyId`, which must be listed for `purpose` in the document of its own DID.
   * Throws ERR_KEY_NOT_AUTHORIZED, ERR_DID_NOT_FOUND, ERR_DID_UNAVAILABLE, ERR_KEY_INVALID, ERR_KEY_UNSUPPORTED.
   */
  find(keyId: string, purpose: VerificationRelationship): DidKey | Promise<DidKey> {
    const did = didOf(keyId);
    const found = this.#resolver.resolve(did);
    return found instanceof Promise
      ? found.then((document) => this.#keyOf(did, document, keyId, purpose))
      : this.#keyOf(did, found, keyId, purpose);
  }

  #keyOf(did: string, document: Resolution, keyId: string, purpose: VerificationRelationship): DidKey {
    const entries = this.#list(existing(did, document), purpose);
    const exact = entries.find((candidate) => candidate.id === keyId);
    if (exact !== undefined) return this.#ready(exact);
    const fragment = fragmentOf(keyId);
    const entry =
      entries.find((candidate) => fragmentOf(candidate.id) === fragment && this.isSameDid(didOf(candidate.id), did)) ??
      entries.find((candidate) => this.#isNamedByItsValue(candidate, fragment));
    if (entry === undefined) {
      throw new WaypostError('ERR_KEY_NOT_AUTHORIZED', `${quote(keyId, 200)} is not listed for ${purpose} by its DID`);
    }
    return this.#ready(entry);
  }

  /** All usable key agreement keys of a DID, in document order. Keys of unsupported kinds are passed over. */
  async agreementKeys(did: string): Promise<readonly AgreementKey[]> {
    const document = existing(did, await this.#resolver.resolve(did));
    let keys = this.#agreementKeys.get(document);
    if (keys === undefined) {
      keys = this.#list(document, 'keyAgreement').flatMap((entry) => this.#usableForAgreement(entry));
      this.#agreementKeys.set(document, keys);
    }
    return keys;
  }

  #list(document: DidDocument, purpose: VerificationRelationship): readonly Entry[] {
    let byPurpose = this.#entries.get(document);
    if (byPurpose === undefined) {
      byPurpose = new Map();
      this.#entries.set(document, byPurpose);
    }
    let entries = byPurpose.get(purpose);
    if (entries === undefined) {
      entries = listEntries(document, purpose);
      byPurpose.set(purpose, entries);
    }
    return entries;
  }

  #usableForAgreement(entry: Entry): readonly AgreementKey[] {
    try {
      const ready = this.#ready(entry);
      return isAgreement(ready.key.curve) ? [{ ...ready, curve: ready.key.curve }] : [];
    } catch (error) {
      if (isWaypostError(error)) return [];
      throw error;
    }
  }

  #ready(entry: Entry): DidKey {
    if (entry.ready === undefined) {
      const jwk = this.#publicJwkOf(entry.method);
      entry.ready = { id: entry.id, jwk, key: this.#primitives.importPublicKey(jwk) };
    }
    return entry.ready;
  }

  #publicJwkOf(method: VerificationMethod): PublicJwk {
    const what = `key ${quote(method.id, 200)}`;
    if (method.publicKeyJwk !== undefined) return toPublicJwk(method.publicKeyJwk, what);
    if (typeof method.publicKeyMultibase === 'string') {
      return decodeMultikey(this.#primitives, method.publicKeyMultibase, what);
    }
    const curve = CURVE_OF_LEGACY_TYPE.get(method.type);
    if (typeof method.publicKeyBase58 === 'string' && curve !== undefined) {
      return this.#primitives.publicKeyFromBytes(
        curve,
        decodeMultibase58(`z${method.publicKeyBase58}`, MAX_BASE58_CHARS, what),
      );
    }
    throw new WaypostError('ERR_KEY_UNSUPPORTED', `${what} has type ${quote(method.type)} without a known public key`);
  }

  /** Older did:peer:2 software names a key by its multibase value, with or without the leading "z". */
  #isNamedByItsValue(entry: Entry, fragment: string | undefined): boolean {
    if (fragment === undefined || fragment.length < 40) return false;
    try {
      const value = encodeMultikey(this.#primitives, this.#ready(entry).jwk);
      return fragment === value || `z${fragment}` === value;
    } catch (error) {
      if (isWaypostError(error)) return false;
      throw error;
    }
  }
}

function existing(did: string, document: DidDocument | undefined): DidDocument {
  if (document === undefined) throw new WaypostError('ERR_DID_NOT_FOUND', `${quote(did, 200)} does not exist`);
  return document;
}

/** The verification methods that a document lists for a purpose, embedded or by reference (DID Core, 5.3). */
function listEntries(document: DidDocument, purpose: VerificationRelationship): readonly Entry[] {
  const listed = document[purpose];
  if (!Array.isArray(listed)) return [];
  const absolute = (id: string): string => (id.startsWith('#') ? `${document.id}${id}` : id);
  const methods = Array.isArray(document.verificationMethod) ? document.verificationMethod : [];
  const entries: Entry[] = [];
  for (const item of listed as readonly (string | VerificationMethod)[]) {
    const method =
      typeof item === 'string' ? methods.find((candidate) => absolute(candidate.id) === absolute(item)) : item;
    if (method !== undefined && typeof method.id === 'string') entries.push({ id: absolute(method.id), method });
  }
  return entries;
}
