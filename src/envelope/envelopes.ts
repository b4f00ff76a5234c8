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

export interface EnvelopesOptions {
  readonly primitives: Primitives;
  readonly resolver: DidResolver;
  readonly secrets: SecretsResolver;
  readonly limits?: Partial<EnvelopeLimits>;
  /** For a `from_prior` whose old DID cannot be resolved any more. Default: no rotation is known. */
  readonly isKnownRotation?: IsKnownRotation;
}

/** Packs and unpacks DIDComm v2.1 messages with one set of keys. */
export interface Envelopes {
  pack(message: PlaintextMessage, options: PackOptions): Promise<readonly PackedMessage[]>;
  unpack(packed: Uint8Array | string): Promise<Unpacked>;
  packFromPrior(input: FromPriorInput): Promise<string>;
  wrapForward(packed: string, options: WrapOptions): Promise<string>;
}

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
