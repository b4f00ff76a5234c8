import { WaypostError } from '../core/errors.js';
import type { AgreementCurve } from '../crypto/jwk.js';
import type { ContentEncryption, SignatureAlgorithm } from '../crypto/primitives.js';

/** An encrypted envelope that was opened, of `kind`, with content encryption `enc` and keys on `curve`. */
export interface EncryptedLayer {
  readonly kind: 'authcrypt' | 'anoncrypt';
  readonly enc: ContentEncryption;
  readonly curve: AgreementCurve;
  /** Of everybody whom it is encrypted for. */
  readonly recipientKeyIds: readonly string[];
  /** The one of them that is ours. */
  readonly openedBy: string;
  /** The key that proves the sender; null for anoncrypt. */
  readonly senderKeyId: string | null;
}

/** A signature that verified, of `kind` signed: each of `signers` by the `keyId` and `algorithm` that it was made with. */
export interface SignedLayer {
  readonly kind: 'signed';
  readonly signers: readonly { readonly keyId: string; readonly algorithm: SignatureAlgorithm }[];
}

/** One envelope around the plaintext. */
export type Layer = EncryptedLayer | SignedLayer;

/**
 * What may stand inside what (DIDComm v2.1, "IANA Media Types", the table of legal combinations). Nothing else may,
 * except anoncrypt(authcrypt(sign)): the text forbids it, but an example of the specification is made so (C.3).
 */
const MAY_CONTAIN = {
  nothing: ['anoncrypt', 'authcrypt', 'signed', 'plain'],
  anoncrypt: ['authcrypt', 'signed', 'plain'],
  authcrypt: ['signed', 'plain'],
  signed: ['plain'],
} as const;

type Kind = 'anoncrypt' | 'authcrypt' | 'signed' | 'plain';

/** Throws ERR_ENVELOPE_NESTING when `kind` may not stand inside the innermost of `layers`. */
export function checkNesting(layers: readonly Layer[], kind: Kind): void {
  const outer = layers.at(-1)?.kind ?? 'nothing';
  if ((MAY_CONTAIN[outer] as readonly Kind[]).includes(kind)) return;
  throw new WaypostError('ERR_ENVELOPE_NESTING', `${kind} inside ${outer} is not a legal combination of envelopes`);
}
