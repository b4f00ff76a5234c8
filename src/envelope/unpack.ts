import { WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.js';
import type { AgreementCurve } from '../crypto/jwk.js';
import type { Primitives } from '../crypto/primitives.js';
import { checkAddressing } from './consistency.js';
import { didOf } from './did-url.js';
import { envelopeKindOf } from './envelope-kind.js';
import { type IsKnownRotation, type Rotation, verifyFromPrior } from './from-prior.js';
import { readJwe } from './jwe.js';
import { decryptJwe } from './jwe-decrypt.js';
import { verifyJws } from './jws-verify.js';
import { checkNesting, type EncryptedLayer, type Layer, type SignedLayer } from './layers.js';
import type { EnvelopeLimits } from './limits.js';
import { type PlaintextMessage, readPlaintext } from './message.js';
import type { PartiesCache } from './parties.js';
import type { PublicKeys } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

/** What unpacking needs of the world. */
export interface UnpackContext {
  readonly primitives: Primitives;
  readonly publicKeys: PublicKeys;
  readonly parties: PartiesCache;
  readonly secrets: SecretsResolver;
  readonly limits: EnvelopeLimits;
  readonly isKnownRotation: IsKnownRotation;
}

/** A message and what is known of it for certain. */
export interface Unpacked {
  /** The plaintext, with headers that nobody defined. What it says about itself is only a claim. */
  readonly message: PlaintextMessage;
  /** At least one layer is encryption. */
  readonly encrypted: boolean;
  /** Somebody is proven to have sent it, by authcrypt or by a signature: see `from`. */
  readonly authenticated: boolean;
  /** It is signed, so that the proof convinces third parties too. */
  readonly nonRepudiable: boolean;
  /** An anoncrypt layer is around it. Together with `authenticated`: the sender is hidden from those in between. */
  readonly anonymous: boolean;
  /** The DID that is **proven** to have sent it, as `message.from` spells it, or null. Never trust `message.from`. */
  readonly from: string | null;
  /** All recipients of the innermost encryption. */
  readonly recipientKeyIds: readonly string[];
  /** The key of the authcrypt layer, as the message names it; null without one. */
  readonly senderKeyId: string | null;
  /** The (first) key of the signature, as the message names it; null without one. */
  readonly signerKeyId: string | null;
  /** From the outermost to the innermost. */
  readonly layers: readonly Layer[];
  /** A verified `from_prior`, or null. */
  readonly rotation: Rotation | null;
  /** `expires_time`, seconds since 1970 UTC; whether that has passed is for somebody with a clock to say. */
  readonly expiresTime: number | null;
  /** Breaches of the specification that endanger nobody. */
  readonly warnings: readonly string[];
}

/**
 * Opens a packed message down to its plaintext and checks that its layers agree with each other.
 * Throws a WaypostError with the code of the first rule that is broken; the table of rules, with the section of the
 * specification each comes from, is in `docs/envelopes.md`.
 */
export async function unpack(context: UnpackContext, packed: Uint8Array | string): Promise<Unpacked> {
  const { primitives, publicKeys, parties, secrets, limits } = context;
  const layers: Layer[] = [];
  let bytes = packed;
  for (;;) {
    const value = parseJsonObject(bytes, limits, layers.length === 0 ? 'a message' : 'the content of an envelope');
    const kind = envelopeKindOf(value);
    if (kind === 'encrypted') {
      const jwe = readJwe(parties, value, limits);
      checkNesting(layers, jwe.kind);
      const opened = await decryptJwe(primitives, publicKeys, secrets, jwe);
      layers.push({
        kind: jwe.kind,
        enc: jwe.enc,
        curve: jwe.epk.crv as AgreementCurve,
        recipientKeyIds: jwe.recipients.map((recipient) => recipient.keyId),
        openedBy: opened.recipientKeyId,
        senderKeyId: jwe.parties.senderKeyId ?? null,
      });
      bytes = opened.plaintext;
    } else if (kind === 'signed') {
      checkNesting(layers, 'signed');
      const verified = await verifyJws(primitives, publicKeys, value, limits);
      layers.push({ kind: 'signed', signers: verified.signers });
      bytes = verified.payload;
    } else {
      checkNesting(layers, 'plain');
      const unpacked = finish(context, layers, value);
      const { from_prior: fromPrior } = unpacked.message;
      return fromPrior === undefined ? unpacked : withRotation(context, unpacked, fromPrior);
    }
  }
}

/** What is known of the message by its layers; a rotation is not looked at yet. */
function finish({ publicKeys, limits }: UnpackContext, layers: readonly Layer[], value: JsonObject): Unpacked {
  if (value.id === undefined && value.type === undefined && !isJsonObject(value.body)) {
    throw new WaypostError('ERR_ENVELOPE_UNKNOWN', 'a JSON object is neither a JWE, a JWS nor a plaintext message');
  }
  const warnings: string[] = [];
  const message = readPlaintext(value, warnings);
  if (message.to !== undefined && message.to.length > limits.maxTo) {
    throw new WaypostError('ERR_TOO_LARGE', `to lists ${message.to.length} DIDs, the limit is ${limits.maxTo}`);
  }
  checkAddressing(publicKeys, layers, message);

  const encrypted = layers.filter((layer): layer is EncryptedLayer => layer.kind !== 'signed');
  const signed = layers.find((layer): layer is SignedLayer => layer.kind === 'signed');
  const senderKeyId = encrypted.find((layer) => layer.kind === 'authcrypt')?.senderKeyId ?? null;
  const signerKeyId = signed?.signers[0]?.keyId ?? null;
  const authenticated = senderKeyId !== null || signerKeyId !== null;
  return {
    message,
    encrypted: encrypted.length > 0,
    authenticated,
    nonRepudiable: signed !== undefined,
    anonymous: encrypted.some((layer) => layer.kind === 'anoncrypt'),
    from: authenticated && message.from !== undefined ? didOf(message.from) : null,
    recipientKeyIds: encrypted.at(-1)?.recipientKeyIds ?? [],
    senderKeyId,
    signerKeyId,
    layers,
    rotation: null,
    expiresTime: Number.isSafeInteger(message.expires_time) ? (message.expires_time ?? null) : null,
    warnings,
  };
}

async function withRotation(
  { primitives, publicKeys, isKnownRotation }: UnpackContext,
  unpacked: Unpacked,
  fromPrior: string,
): Promise<Unpacked> {
  // DIDComm v2.1, "DID Rotation": the message MUST be encrypted.
  if (!unpacked.encrypted) {
    throw new WaypostError('ERR_FROM_PRIOR', 'from_prior stands in a message that is not encrypted');
  }
  const { from } = unpacked.message;
  const rotation = await verifyFromPrior(primitives, publicKeys, fromPrior, from, isKnownRotation);
  return { ...unpacked, rotation };
}
