import type { SignatureCurve } from '../../src/crypto/jwk.js';
import {
  CONTENT_ENCRYPTION,
  type ContentEncryption,
  SIGNATURE_ALGORITHM_OF,
  type SignatureAlgorithm,
} from '../../src/crypto/primitives.js';
import type { PackOptions } from '../../src/envelope/pack.js';

/** One legal way to pack a message, without saying for whom. */
export interface Shape {
  /** As the specification writes it, outermost first: `anoncrypt(sign)`. */
  readonly name: string;
  readonly encryption: 'none' | 'anon' | 'auth';
  readonly signature?: SignatureCurve;
  /** Of the anoncrypt layer, where there is one. */
  readonly enc?: ContentEncryption;
  readonly hideSender?: boolean;
}

/** The curves that DIDComm signs with. */
export const SIGNING_CURVES = ['Ed25519', 'P-256', 'secp256k1'] as const satisfies readonly SignatureCurve[];

const ENCS = Object.keys(CONTENT_ENCRYPTION) as ContentEncryption[];

/** Everything that waypost emits: plaintext, and each combination with each algorithm. */
export const EMITTED_SHAPES: readonly Shape[] = [
  { name: 'plaintext', encryption: 'none' },
  ...SIGNING_CURVES.map((signature) => ({
    name: `sign ${algorithmOf(signature)}`,
    encryption: 'none' as const,
    signature,
  })),
  ...ENCS.map((enc) => ({ name: `anoncrypt ${enc}`, encryption: 'anon' as const, enc })),
  ...ENCS.flatMap((enc) =>
    SIGNING_CURVES.map((signature) => ({
      name: `anoncrypt(sign) ${enc} ${algorithmOf(signature)}`,
      encryption: 'anon' as const,
      signature,
      enc,
    })),
  ),
  { name: 'authcrypt', encryption: 'auth' },
  ...ENCS.map((enc) => ({
    name: `anoncrypt(authcrypt) ${enc}`,
    encryption: 'auth' as const,
    enc,
    hideSender: true,
  })),
];

/** What the specification says not to emit, but which may be accepted, and which others emit. */
export const ACCEPTED_SHAPES: readonly Shape[] = SIGNING_CURVES.flatMap((signature) => [
  { name: `authcrypt(sign) ${algorithmOf(signature)}`, encryption: 'auth' as const, signature },
  ...ENCS.map((enc) => ({
    name: `anoncrypt(authcrypt(sign)) ${enc} ${algorithmOf(signature)}`,
    encryption: 'auth' as const,
    signature,
    enc,
    hideSender: true,
  })),
]);

export function algorithmOf(curve: SignatureCurve): SignatureAlgorithm {
  const algorithm = SIGNATURE_ALGORITHM_OF[curve];
  if (algorithm === undefined) throw new Error(`${curve} does not sign`);
  return algorithm;
}

/** The options that make waypost pack in this shape. */
export function packOptionsOf(shape: Shape, from: string, signBy: string | undefined, to: string): PackOptions {
  if (shape.encryption === 'auth') {
    return {
      mode: 'auth',
      from,
      to: [to],
      ...(shape.hideSender === undefined ? {} : { hideSender: shape.hideSender }),
      ...(shape.enc === undefined ? {} : { enc: shape.enc }),
    };
  }
  if (shape.encryption === 'anon') {
    return {
      mode: 'anon',
      to: [to],
      ...(signBy === undefined ? {} : { signBy }),
      ...(shape.enc === undefined ? {} : { enc: shape.enc }),
    };
  }
  return signBy === undefined ? { mode: 'plain' } : { mode: 'signed', signBy };
}
