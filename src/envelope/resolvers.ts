import type { PublicJwk } from '../crypto/jwk.js';
import type { SignatureAlgorithm } from '../crypto/primitives.js';

/*
 * The two ports through which envelopes reach keys: other people's public keys (DidResolver) and our own private
 * ones (SecretsResolver).
 */

/** What a DID document lists keys for (DID Core, 5.3). */
export type VerificationRelationship =
  | 'authentication'
  | 'assertionMethod'
  | 'keyAgreement'
  | 'capabilityInvocation'
  | 'capabilityDelegation';

/**
 * A verification method (DID Core, 5.2): its `id`, a DID URL, its `type`, and its `controller`, a DID. One of
 * `publicKeyJwk`, `publicKeyMultibase` and `publicKeyBase58` is present, in the form its type demands.
 */
export interface VerificationMethod {
  readonly id: string;
  readonly type: string;
  readonly controller: string;
  readonly publicKeyJwk?: unknown;
  readonly publicKeyMultibase?: string;
  readonly publicKeyBase58?: string;
}

/**
 * A service (DID Core, 5.4): its `id`, a URI, its `type` or types, and its `serviceEndpoint`, a URI, an object or a list of
 * them. For type DIDCommMessaging see DIDComm v2.1, "DID Document Service Endpoint".
 */
export interface DidService {
  readonly id: string;
  readonly type: string | readonly string[];
  readonly serviceEndpoint: unknown;
  readonly [member: string]: unknown;
}

/**
 * A DID document (DID Core, 5), as it was published: ids may be relative to `id`. `alsoKnownAs` are other names that it
 * claims, `verificationMethod` keys, `service` where it is reached; what keys may be used for stands in the lists that are
 * named by a {@link VerificationRelationship}.
 */
export type DidDocument = {
  readonly id: string;
  readonly alsoKnownAs?: readonly string[];
  readonly verificationMethod?: readonly VerificationMethod[];
  readonly service?: readonly DidService[];
  readonly [member: string]: unknown;
} & { readonly [relationship in VerificationRelationship]?: readonly (string | VerificationMethod)[] };

/** How to resolve a DID. */
export interface ResolveOptions {
  /** Ends the waiting for a network; `resolve` then rejects with its reason. */
  signal?: AbortSignal;
}

/** A document, or undefined for a DID that does not exist. */
export type Resolution = DidDocument | undefined;

/** Turns a DID into its document. */
export interface DidResolver {
  /**
   * The document of `did` (a DID without path, query or fragment), or undefined when the DID **does not exist**.
   * Throws ERR_DID_UNAVAILABLE (retryable) when that **cannot be said now**, ERR_DID_MALFORMED for what is no DID,
   * ERR_DID_METHOD for an unsupported method. Callers may keep what they derive from a document by its object
   * identity, so a resolver that caches returns the same object for as long as it is current. What is known is
   * returned as it is, without a promise: waiting costs each message more than looking it up.
   */
  resolve(did: string, options?: ResolveOptions): Resolution | Promise<Resolution>;

  /**
   * One spelling of `did` for every spelling of the same DID (did:peer:4 long to short, did:peer:2 and 3 to 3), without
   * asking anybody. Equal results mean the same DID. Never throws: what it does not know it returns unchanged.
   */
  canonical(did: string): string;
}

/** Uses private keys without handing them out. Key ids are absolute DID URLs. */
export interface SecretsResolver {
  /** Those of `keyIds` for which a private key is held, in the order asked. */
  find(keyIds: readonly string[]): readonly string[] | Promise<readonly string[]>;
  /**
   * The shared secret of the key `keyId` and `peer`. `peerIsStatic` says that the same pair will be asked for again,
   * so that the answer is worth keeping. Throws ERR_SECRET_NOT_FOUND, ERR_KEY_INVALID.
   */
  agree(keyId: string, peer: PublicJwk, peerIsStatic: boolean): Uint8Array | Promise<Uint8Array>;
  /** Signs `data` with the key `keyId`, whose curve is the algorithm's. Throws ERR_SECRET_NOT_FOUND, ERR_KEY_INVALID. */
  sign(keyId: string, algorithm: SignatureAlgorithm, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}
