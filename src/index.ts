/** waypost as a library: DIDComm v2.1 envelopes and DIDs. See `docs/envelopes.md`. */

export { ERROR_CODES, type ErrorCode, isWaypostError, WaypostError } from './core/errors.js';
export type { AgreementCurve, Curve, PrivateJwk, PublicJwk } from './crypto/jwk.js';
export { createNoblePrimitives } from './crypto/noble.js';
export { createNodePrimitives } from './crypto/node.js';
export type { ContentEncryption, Primitives, SignatureAlgorithm } from './crypto/primitives.js';
export { type CreateDidOptions, type CreatedDid, createDid } from './did/create.js';
export { staticDocuments } from './did/document.js';
export { createMemoryMap, type PersistentMap } from './did/persistent-map.js';
export { createDidResolver, type DidMethod, type DidResolverOptions } from './did/resolver.js';
export { type Attachment, attachmentBytes } from './envelope/attachment.js';
export { createEnvelopes, type Envelopes, type EnvelopesOptions } from './envelope/envelopes.js';
export { FORWARD_TYPE, type WrapOptions } from './envelope/forward.js';
export type { FromPriorInput, Rotation } from './envelope/from-prior.js';
export type { EncryptedLayer, Layer, SignedLayer } from './envelope/layers.js';
export type { EnvelopeLimits } from './envelope/limits.js';
export { createLocalSecrets, type LocalSecretsOptions } from './envelope/local-secrets.js';
export { newMessageId, type PlaintextMessage } from './envelope/message.js';
export type { PackedMessage, PackOptions } from './envelope/pack.js';
export type { DidDocument, DidResolver, DidService, SecretsResolver } from './envelope/resolvers.js';
export { findRoutes, type Route, type RouteLimits } from './envelope/route.js';
export type { Unpacked } from './envelope/unpack.js';
