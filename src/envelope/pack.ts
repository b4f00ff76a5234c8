import { utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { AGREEMENT_CURVES, type AgreementCurve } from '../crypto/jwk.js';
import { type ContentEncryption, isContentEncryption, type Primitives } from '../crypto/primitives.js';
import { didOf, fragmentOf, isDidWithoutFragment } from './did-url.js';
import { envelopeKindOf } from './envelope-kind.js';
import { encryptJwe } from './jwe-encrypt.js';
import { signJws } from './jws-sign.js';
import { MEDIA_TYPE } from './media-type.js';
import { type PlaintextMessage, readPlaintext } from './message.js';
import type { PartiesCache } from './parties.js';
import type { DidKey, PublicKeys } from './public-keys.js';
import type { SecretsResolver } from './resolvers.js';

/** What packing needs of the world. */
export interface PackContext {
  readonly primitives: Primitives;
  readonly publicKeys: PublicKeys;
  readonly parties: PartiesCache;
  readonly secrets: SecretsResolver;
}

/** For whom to encrypt. */
export interface EncryptOptions {
  /** DIDs, or DID URLs of single keys. */
  readonly to: readonly string[];
  /**
   * Of the curves that a recipient (and, for authcrypt, the sender) has keys of: `preferred` packs for the first of
   * X25519, P-256, P-384, P-521, `all` packs once for each, for agents whose devices hold different kinds of keys.
   */
  readonly curves?: 'preferred' | 'all';
}

/**
 * How to pack: the combinations that the specification says to emit, and no others (DIDComm v2.1, "IANA Media Types").
 * `mode` is the kind of envelope. `signBy` is the key that signs, as a DID URL, listed for authentication in the document of
 * its DID; `from` the sender, a DID whose private keys are held. `enc` is the content encryption: A256CBC-HS512 by default.
 */
export type PackOptions =
  | { readonly mode: 'plain' }
  | { readonly mode: 'signed'; readonly signBy: string }
  | (EncryptOptions & { readonly mode: 'anon'; readonly signBy?: string; readonly enc?: ContentEncryption })
  | (EncryptOptions & {
      readonly mode: 'auth';
      readonly from: string;
      /** Wraps an anoncrypt envelope around it, so that nobody on the way learns the sender. */
      readonly hideSender?: boolean;
      /** Content encryption of that outer envelope; ECDH-1PU itself allows A256CBC-HS512 only. */
      readonly enc?: ContentEncryption;
    });

/** One envelope, ready for one transport. */
export interface PackedMessage {
  /** Compact JSON text, UTF-8 when it travels as bytes. */
  readonly packed: string;
  /** `application/didcomm-encrypted+json`, `-signed+json` or `-plain+json`: the Content-Type where the transport has one. */
  readonly mediaType: string;
  /** The recipient, as DID; null for plaintext and signed messages, which anybody can open. */
  readonly to: string | null;
  /** Of the keys that it is encrypted with; null where it is not. */
  readonly curve: AgreementCurve | null;
  /** Absolute DID URLs; empty where it is not encrypted. */
  readonly recipientKeyIds: readonly string[];
}

/** The content encryption that everybody must support (DIDComm v2.1, "Content Encryption Algorithms"). */
const DEFAULT_ENC: ContentEncryption = 'A256CBC-HS512';

/**
 * Packs a message. `typ`, `body`, and `from` and `to` as the options name them are added where they are absent; where
 * they are present they must agree, because the recipient refuses the message otherwise.
 *
 * Throws ERR_MESSAGE_MALFORMED, ERR_INVALID_ARGUMENT, ERR_FROM_MISMATCH, ERR_SIGNER_MISMATCH, ERR_TO_MISMATCH,
 * ERR_NO_COMMON_CURVE, ERR_SECRET_NOT_FOUND, ERR_KEY_NOT_AUTHORIZED, ERR_DID_NOT_FOUND, ERR_DID_UNAVAILABLE.
 */
export async function pack(
  context: PackContext,
  message: PlaintextMessage,
  options: PackOptions,
): Promise<readonly PackedMessage[]> {
  const plaintext = utf8(JSON.stringify(completeMessage(context, message, options)));
  switch (options.mode) {
    case 'plain':
      return [open(new TextDecoder().decode(plaintext), MEDIA_TYPE.plain)];
    case 'signed':
      return [open(await sign(context, options.signBy, plaintext), MEDIA_TYPE.signed)];
    case 'anon': {
      const content = options.signBy === undefined ? plaintext : utf8(await sign(context, options.signBy, plaintext));
      return eachRecipient(context, options, undefined, (curve, recipients) =>
        encryptJwe(context, { plaintext: content, curve, recipients, enc: encOf(options) }),
      );
    }
    case 'auth':
      return eachRecipient(context, options, options.from, async (curve, recipients, senderKeyId) => {
        const sender = { keyId: senderKeyId, secrets: context.secrets };
        const inner = await encryptJwe(context, { plaintext, curve, recipients, enc: DEFAULT_ENC, sender });
        if (options.hideSender !== true) return inner;
        return encryptJwe(context, { plaintext: utf8(inner), curve, recipients, enc: encOf(options) });
      });
  }
}

function open(packed: string, mediaType: string): PackedMessage {
  return { packed, mediaType, to: null, curve: null, recipientKeyIds: [] };
}

function encOf(options: { readonly enc?: ContentEncryption }): ContentEncryption {
  const enc = options.enc ?? DEFAULT_ENC;
  if (!isContentEncryption(enc)) throw new WaypostError('ERR_INVALID_ARGUMENT', `enc ${quote(enc)} is not supported`);
  return enc;
}

async function sign(context: PackContext, keyId: string, plaintext: Uint8Array): Promise<string> {
  return signJws(context.secrets, await context.publicKeys.find(keyId, 'authentication'), plaintext);
}

/** Adds what the options imply and checks what they contradict, before anything is encrypted. */
function completeMessage(context: PackContext, message: PlaintextMessage, options: PackOptions): JsonObject {
  const { isSameDid } = context.publicKeys;
  const same = isSameDid.bind(context.publicKeys);
  const complete: JsonObject = { ...message };
  complete.typ ??= MEDIA_TYPE.plain;
  complete.body ??= {};
  const sender = options.mode === 'auth' ? options.from : 'signBy' in options ? options.signBy : undefined;
  if (sender !== undefined) complete.from ??= didOf(sender);
  if ('to' in options) complete.to ??= [...new Set(options.to.map(didOf))];

  const { from, to } = readPlaintext(complete, []);
  const kind = envelopeKindOf(complete);
  if (kind !== 'plain') {
    throw new WaypostError(
      'ERR_MESSAGE_MALFORMED',
      `the headers of the message make it look like a message that is ${kind}`,
    );
  }
  if (sender !== undefined && from !== undefined && !same(didOf(from), didOf(sender))) {
    const code = options.mode === 'auth' ? 'ERR_FROM_MISMATCH' : 'ERR_SIGNER_MISMATCH';
    throw new WaypostError(code, `the message is from ${quote(from, 200)}, not from ${quote(didOf(sender), 200)}`);
  }
  for (const recipient of 'to' in options ? options.to : []) {
    if (!(to ?? []).some((listed) => same(didOf(listed), didOf(recipient)))) {
      throw new WaypostError('ERR_TO_MISMATCH', `the message is not to ${quote(didOf(recipient), 200)}`);
    }
  }
  return complete;
}

type Encrypt = (curve: AgreementCurve, recipients: readonly DidKey[], senderKeyId: string) => Promise<string>;

async function eachRecipient(
  context: PackContext,
  options: EncryptOptions,
  from: string | undefined,
  encrypt: Encrypt,
): Promise<readonly PackedMessage[]> {
  if (options.to.length === 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'an encrypted message needs a recipient');
  const senderKeys = from === undefined ? undefined : await senderKeysByCurve(context, from);
  const packed: PackedMessage[] = [];
  for (const recipient of options.to) {
    const groups = await keysByCurve(context, recipient, senderKeys);
    for (const [curve, keys] of options.curves === 'all' ? groups : groups.slice(0, 1)) {
      packed.push({
        packed: await encrypt(curve, keys, senderKeys?.get(curve) ?? ''),
        mediaType: MEDIA_TYPE.encrypted,
        to: didOf(recipient),
        curve,
        recipientKeyIds: keys.map((key) => key.id),
      });
    }
  }
  return packed;
}

/** The sender's key for each curve: the first one listed for key agreement whose private part is held. */
async function senderKeysByCurve(context: PackContext, from: string): Promise<ReadonlyMap<AgreementCurve, string>> {
  if (!isDidWithoutFragment(from)) throw new WaypostError('ERR_INVALID_ARGUMENT', `from ${quote(from)} is not a DID`);
  const keys = await context.publicKeys.agreementKeys(didOf(from));
  const held = new Set(await context.secrets.find(keys.map((key) => key.id)));
  const byCurve = new Map<AgreementCurve, string>();
  for (const key of keys) {
    if (held.has(key.id) && !byCurve.has(key.curve)) byCurve.set(key.curve, key.id);
  }
  if (byCurve.size === 0) {
    throw new WaypostError('ERR_SECRET_NOT_FOUND', `no private key agreement key of ${quote(from, 200)} is held`);
  }
  return byCurve;
}

/** The recipient's keys by curve, preferred curve first, without curves that the sender has no key of. */
async function keysByCurve(
  context: PackContext,
  recipient: string,
  senderKeys: ReadonlyMap<AgreementCurve, string> | undefined,
): Promise<readonly (readonly [AgreementCurve, readonly DidKey[]])[]> {
  const all = await context.publicKeys.agreementKeys(didOf(recipient));
  const wanted = fragmentOf(recipient);
  const keys = wanted === undefined ? all : all.filter((key) => fragmentOf(key.id) === wanted);
  const groups = AGREEMENT_CURVES.filter((curve) => senderKeys === undefined || senderKeys.has(curve))
    .map((curve) => [curve, keys.filter((key) => key.curve === curve)] as const)
    .filter(([, group]) => group.length > 0);
  if (groups.length > 0) return groups;
  throw keys.length === 0
    ? new WaypostError('ERR_KEY_NOT_AUTHORIZED', `${quote(recipient, 200)} lists no supported key agreement key`)
    : new WaypostError('ERR_NO_COMMON_CURVE', `the sender has no key of a curve that ${quote(recipient, 200)} uses`);
}
