/**
 * waypost as a library: DIDComm v2.1 envelopes and DIDs. See `docs/envelopes.md`.
 *
 * @module waypost
 */

export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorOptions,
  isWaypostError,
  WaypostError,
} from './core/errors.js';
export type { JsonObject } from './core/json.js';
export {
  AGREEMENT_CURVES,
  type AgreementCurve,
  type Curve,
  type PrivateJwk,
  type PublicJwk,
  type SignatureCurve,
} from './crypto/jwk.js';
export { createNoblePrimitives } from './crypto/noble.js';
export { createNodePrimitives } from './crypto/node.js';
export {
  type Agreement,
  CONTENT_ENCRYPTION,
  type ContentEncryption,
  type Primitives,
  type PrivateKey,
  type PublicKey,
  type Sealed,
  type SignatureAlgorithm,
} from './crypto/primitives.js';
export { type CreateDidOptions, type CreatedDid, createDid, type DidSecret } from './did/create.js';
export { staticDocuments } from './did/document.js';
export { createMemoryMap, type PersistentMap } from './did/persistent-map.js';
export { createDidResolver, type DidMethod, type DidResolverOptions } from './did/resolver.js';
export { type Attachment, type AttachmentData, attachmentBytes } from './envelope/attachment.js';
export { createEnvelopes, type Envelopes, type EnvelopesOptions } from './envelope/envelopes.js';
export { FORWARD_TYPE, type WrapOptions } from './envelope/forward.js';
export type { FromPriorInput, IsKnownRotation, Rotation } from './envelope/from-prior.js';
export type { EncryptedLayer, Layer, SignedLayer } from './envelope/layers.js';
export { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from './envelope/limits.js';
export { createLocalSecrets, type LocalSecretsOptions } from './envelope/local-secrets.js';
export { newMessageId, type PlaintextMessage } from './envelope/message.js';
export type { EncryptOptions, PackedMessage, PackOptions } from './envelope/pack.js';
export type {
  DidDocument,
  DidResolver,
  DidService,
  Resolution,
  ResolveOptions,
  SecretsResolver,
  VerificationMethod,
  VerificationRelationship,
} from './envelope/resolvers.js';
export { DEFAULT_ROUTE_LIMITS, findRoutes, type Route, type RouteLimits } from './envelope/route.js';
export type { Unpacked } from './envelope/unpack.js';
