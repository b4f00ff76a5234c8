import type { Primitives } from '../crypto/primitives.js';
import { type WrapOptions, wrapForward } from './forward.js';
import { type FromPriorInput, type IsKnownRotation, packFromPrior } from './from-prior.js';
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from './limits.js';
import type { PlaintextMessage } from './message.js';
import { type PackedMessage, type PackOptions, pack } from './pack.js';
import { PartiesCache } from './parties.js';
import { PublicKeys } from './public-keys.js';
import type { DidResolver, SecretsResolver } from './resolvers.js';
import { type Unpacked, unpack } from './unpack.js';

/** What {@link createEnvelopes} needs. */
export interface EnvelopesOptions {
  /** `createNodePrimitives()`, or in a browser `createNoblePrimitives()`. */
  readonly primitives: Primitives;
  /** Finds the public keys of others. */
  readonly resolver: DidResolver;
  /** Uses our private keys. */
  readonly secrets: SecretsResolver;
  /** Default: {@link DEFAULT_ENVELOPE_LIMITS}. */
  readonly limits?: Partial<EnvelopeLimits>;
  /** For a `from_prior` whose old DID cannot be resolved any more. Default: no rotation is known. */
  readonly isKnownRotation?: IsKnownRotation;
}

/** Packs and unpacks DIDComm v2.1 messages with one set of keys. */
export interface Envelopes {
  /**
   * Packs a message: one envelope for each recipient (and curve, with `curves: 'all'`), one in all for plaintext and signed
   * messages. `typ`, `body`, and `from` and `to` as the options name them are added where they are absent; where they are
   * present they must agree, because the recipient refuses the message otherwise (DIDComm v2.1, "Message Layer Addressing
   * Consistency").
   *
   * Throws ERR_MESSAGE_MALFORMED, ERR_MEDIA_TYPE, ERR_INVALID_ARGUMENT, ERR_FROM_MISMATCH, ERR_SIGNER_MISMATCH,
   * ERR_TO_MISMATCH, ERR_NO_COMMON_CURVE, ERR_SECRET_NOT_FOUND, ERR_KEY_INVALID, ERR_KEY_UNSUPPORTED,
   * ERR_KEY_NOT_AUTHORIZED, ERR_DID_MALFORMED, ERR_DID_METHOD, ERR_DID_NOT_FOUND, ERR_DID_UNAVAILABLE (retryable).
   */
  pack(message: PlaintextMessage, options: PackOptions): Promise<readonly PackedMessage[]>;
  /**
   * Opens a message, `packed` as JSON text or its UTF-8 bytes, down to its plaintext, and checks that its layers agree with each
   * other. Throws the code of the first rule that is broken: all of them, with the section of the specification each comes
   * from, are in `docs/envelopes.md`. What is never the sender's fault: ERR_JWE_NO_RECIPIENT (none of our keys), and
   * ERR_DID_UNAVAILABLE (retryable: a key cannot be looked up now).
   */
  unpack(packed: Uint8Array | string): Promise<Unpacked>;
  /**
   * The value of a `from_prior` header: a JWT (RFC 7519) in compact form, signed by the old DID (DIDComm v2.1, "DID
   * Rotation"). Throws ERR_SECRET_NOT_FOUND, ERR_KEY_INVALID, ERR_KEY_NOT_AUTHORIZED, ERR_KEY_UNSUPPORTED,
   * ERR_DID_MALFORMED, ERR_DID_METHOD, ERR_DID_NOT_FOUND, ERR_DID_UNAVAILABLE (retryable).
   */
  packFromPrior(input: FromPriorInput): Promise<string>;
  /**
   * Wraps a message, `packed` as JSON text, in one anoncrypted forward for each routing key, and gives the outermost (DIDComm
   * v2.1, "Sender Process to Enable Forwarding"). Throws ERR_JSON_MALFORMED, ERR_TOO_LARGE, and what `pack` throws for the
   * mediators' DIDs.
   */
  wrapForward(packed: string, options: WrapOptions): Promise<string>;
}

/** Makes what packs and unpacks. It keeps what it derives from documents, so one is to be used for all messages. */
export function createEnvelopes(options: EnvelopesOptions): Envelopes {
  const { primitives, resolver, secrets, isKnownRotation = async () => false } = options;
  const publicKeys = new PublicKeys(primitives, resolver);
  const limits = { ...DEFAULT_ENVELOPE_LIMITS, ...options.limits };
  const context = { primitives, publicKeys, parties: new PartiesCache(primitives), secrets, limits, isKnownRotation };
  return {
    pack: (message, packOptions) => pack(context, message, packOptions),
    unpack: (packed) => unpack(context, packed),
    packFromPrior: (input) => packFromPrior(publicKeys, secrets, input),
    wrapForward: (packed, wrapOptions) => wrapForward(context, limits, packed, wrapOptions),
  };
}
