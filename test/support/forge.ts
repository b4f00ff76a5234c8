import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.js';
import type { Curve, PrivateJwk } from '../../src/crypto/jwk.js';
import { CONTENT_ENCRYPTION, type ContentEncryption, type Primitives } from '../../src/crypto/primitives.js';
import type { DidSecret } from '../../src/did/create.js';

/*
 * Builds envelopes from the bare primitives, above all those that no honest packer would make. It shares no code with
 * src/envelope: each of its envelopes is right in everything except what a test asks for, so that the one broken rule
 * is what has to be noticed.
 */

export type HeaderEdit = JsonObject | ((right: JsonObject) => JsonObject);

interface ForgedJwe {
  /** A JSON value, or text that is taken as it is. */
  readonly content: unknown;
  /** Recipient keys; the private part is not used, and `kid` may be anything. */
  readonly to: readonly DidSecret[];
  /** With a sender it is authcrypt, without one anoncrypt. */
  readonly from?: DidSecret;
  readonly enc?: ContentEncryption;
  /** The curve of the ephemeral key, where it is not that of the recipients. */
  readonly curve?: Curve;
  /** Members of the protected header that replace the right ones; undefined removes one. */
  readonly header?: HeaderEdit;
  /** How the tag enters the key derivation of authcrypt: the 03 draft left it out. */
  readonly draft?: '03' | '04';
  /** Bytes of the content key that is wrapped, where they are not what `enc` needs. */
  readonly contentKeyBytes?: 32 | 64;
  /** A JSON `aad` member, base64url. */
  readonly aad?: string;
  /** Replaces members of the finished envelope; undefined removes one. */
  readonly envelope?: JsonObject;
}

export interface ForgedSignature {
  readonly key: DidSecret;
  /** As in {@link ForgedJwe.header}. */
  readonly protected?: JsonObject;
  /** The unprotected header; by default the key id. */
  readonly header?: JsonObject | undefined;
}

const ALGORITHMS: { readonly [curve: string]: 'EdDSA' | 'ES256' | 'ES256K' } = {
  Ed25519: 'EdDSA',
  'P-256': 'ES256',
  secp256k1: 'ES256K',
};

/** Everything that a test forges with one set of primitives. All functions give compact JSON text. */
export class Forge {
  readonly #primitives: Primitives;

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  jwe(input: ForgedJwe): string {
    const { to, from, enc = 'A256CBC-HS512' } = input;
    const ephemeral = this.#primitives.generateKey(input.curve ?? to[0]?.crv ?? 'X25519');
    const right: JsonObject = {
      typ: 'application/didcomm-encrypted+json',
      alg: from === undefined ? 'ECDH-ES+A256KW' : 'ECDH-1PU+A256KW',
      enc,
      epk: { ...ephemeral, d: undefined },
      apv: apvOf(to.map((key) => key.kid)),
      ...(from === undefined ? {} : { skid: from.kid, apu: base64url(from.kid) }),
    };
    const header = { ...right, ...(typeof input.header === 'function' ? input.header(right) : input.header) };
    const protectedText = base64url(JSON.stringify(header));
    const aad = input.aad === undefined ? protectedText : `${protectedText}.${input.aad}`;

    const contentKey = this.#primitives.randomBytes(CONTENT_ENCRYPTION[enc].keyBytes);
    const iv = this.#primitives.randomBytes(CONTENT_ENCRYPTION[enc].ivBytes);
    const plaintext = Buffer.from(textOf(input.content));
    const { ciphertext, tag } = this.#primitives.encrypt(enc, contentKey, iv, Buffer.from(aad), plaintext);
    const wrapped = input.contentKeyBytes === undefined ? contentKey : new Uint8Array(input.contentKeyBytes);
    const recipients = to.map((key) => ({
      header: { kid: key.kid },
      encrypted_key: base64url(
        this.#primitives.wrapKey(this.#keyEncryptionKey(input, header, ephemeral, key, tag), wrapped),
      ),
    }));
    return JSON.stringify({
      protected: protectedText,
      recipients,
      iv: base64url(iv),
      ciphertext: base64url(ciphertext),
      tag: base64url(tag),
      ...(input.aad === undefined ? {} : { aad: input.aad }),
      ...input.envelope,
    });
  }

  /** A general JWS; `envelope` replaces members of it. */
  jws(content: unknown, signatures: readonly ForgedSignature[], envelope: JsonObject = {}): string {
    const payload = base64url(textOf(content));
    return JSON.stringify({
      payload,
      signatures: signatures.map((signature) => this.#signature(payload, signature)),
      ...envelope,
    });
  }

  flattenedJws(content: unknown, signature: ForgedSignature, envelope: JsonObject = {}): string {
    const payload = base64url(textOf(content));
    return JSON.stringify({ payload, ...this.#signature(payload, signature), ...envelope });
  }

  /** The value of `from_prior`. */
  jwt(key: DidSecret, claims: JsonObject | string, header: JsonObject = {}): string {
    const fullHeader = { typ: 'JWT', alg: ALGORITHMS[key.crv], kid: key.kid, ...header };
    const signed = `${base64url(JSON.stringify(fullHeader))}.${base64url(textOf(claims))}`;
    return `${signed}.${base64url(this.#sign(key, signed))}`;
  }

  #signature(payload: string, { key, protected: edited, header = { kid: key.kid } }: ForgedSignature) {
    const protectedHeader = { typ: 'application/didcomm-signed+json', alg: ALGORITHMS[key.crv], ...edited };
    const protectedText = base64url(JSON.stringify(protectedHeader));
    return { protected: protectedText, signature: base64url(this.#sign(key, `${protectedText}.${payload}`)), header };
  }

  #sign(key: DidSecret, text: string): Uint8Array {
    const algorithm = ALGORITHMS[key.crv];
    if (algorithm === undefined) throw new Error(`a ${key.crv} key does not sign`);
    return this.#primitives.sign(algorithm, this.#primitives.importPrivateKey(key), Buffer.from(text));
  }

  /** Concat KDF of RFC 7518, 4.6.2 and of ECDH-1PU, 2.3, over what the header says, right or wrong. */
  #keyEncryptionKey(input: ForgedJwe, header: JsonObject, ephemeral: PrivateJwk, to: DidSecret, tag: Uint8Array) {
    // A key of another curve than the ephemeral one cannot agree with it: any secret does for such a forgery.
    const z = ephemeral.crv === to.crv ? [this.#agree(ephemeral, to)] : [new Uint8Array(32)];
    if (input.from?.crv === to.crv) z.push(this.#agree(input.from, to));
    const algorithm = input.from === undefined ? 'ECDH-ES+A256KW' : 'ECDH-1PU+A256KW';
    const withTag = input.from !== undefined && input.draft !== '03';
    const parts = [
      uint32(1),
      ...z,
      sized(Buffer.from(algorithm)),
      sized(decoded(header.apu)),
      sized(decoded(header.apv)),
    ];
    parts.push(uint32(256), ...(withTag ? [sized(tag)] : []));
    return createHash('sha256').update(Buffer.concat(parts)).digest();
  }

  #agree(own: PrivateJwk, peer: DidSecret): Uint8Array {
    return this.#primitives.agree(this.#primitives.importPrivateKey(own), this.#primitives.importPublicKey(peer));
  }
}

/** The `apv` of recipients (DIDComm v2.1, "ECDH-1PU key wrapping and common protected headers"). */
export function apvOf(keyIds: readonly string[]): string {
  return createHash('sha256')
    .update([...keyIds].sort().join('.'))
    .digest('base64url');
}

export function base64url(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64url');
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

function decoded(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64url') : Buffer.alloc(0);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}
