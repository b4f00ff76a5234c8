import type { JsonObject } from '../../../../src/core/json.js';
import type { DidSecret } from '../../../../src/did/create.js';
import type { Cast } from '../../../support/cast.js';
import type { ForgedSignature } from '../../../support/forge.js';
import { type Rules, SECTION } from './rule.js';

/** A message from Alice with one signature, made by her Ed25519 key where nothing else is said. */
function signed(cast: Cast, signature: Partial<ForgedSignature> = {}, envelope: JsonObject = {}): string {
  return cast.forge.jws(cast.message(), [{ key: cast.alice.signature(), ...signature }], envelope);
}

function parsed(cast: Cast, key: DidSecret = cast.alice.signature()): { payload: string; signatures: [Signature] } {
  return JSON.parse(cast.forge.jws(cast.message(), [{ key }]));
}

interface Signature {
  protected: string;
  signature: string;
  header: JsonObject;
}

/** Replaces members of the signature itself. */
function withSignature(cast: Cast, members: JsonObject, key?: DidSecret): string {
  const { payload, signatures } = parsed(cast, key);
  return JSON.stringify({ payload, signatures: [{ ...signatures[0], ...members }] });
}

function changed(signature: string, change: (bytes: Buffer) => Buffer): string {
  return change(Buffer.from(signature, 'base64url')).toString('base64url');
}

/** The order of secp256k1, and with it the other of the two values of `s` that every signature has. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function withOtherS(bytes: Buffer): Buffer {
  const s = ORDER - BigInt(`0x${bytes.toString('hex', 32)}`);
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
}

/** Signed messages. */
export const jwsRules: Rules = {
  subject: 'Signed messages',
  refused: [
    {
      rule: '`alg` is not that of the key: EdDSA, ES256 or ES256K',
      section: SECTION.signing,
      code: 'ERR_JWS_ALG',
      broken: (cast) => [
        ...['none', 'HS256', 'ES256', 'Ed25519', 'eddsa', 3, undefined].map((alg) =>
          signed(cast, { protected: { alg } }),
        ),
        signed(cast, { key: cast.alice.signature('P-256'), protected: { alg: 'ES256K' } }),
        signed(cast, { key: cast.alice.signature('secp256k1'), protected: { alg: 'ES256' } }),
      ],
    },
    {
      rule: '`alg` in the unprotected header',
      section: 'RFC 7515, 10.7',
      code: 'ERR_JWS_MALFORMED',
      broken: (cast) => {
        const key = cast.alice.signature();
        const header = { kid: key.kid, alg: 'EdDSA' };
        return [signed(cast, { header }), signed(cast, { header, protected: { alg: undefined } })];
      },
    },
    {
      rule: 'no `kid`, or none that is an absolute DID URL with a fragment',
      section: SECTION.signing,
      code: 'ERR_JWS_KID',
      broken: (cast) => [
        ...[{}, { kid: '' }, { kid: 1 }, { kid: '#signature-1' }, { kid: cast.alice.did }].map((header) =>
          signed(cast, { header }),
        ),
        signed(cast, { header: {}, protected: { kid: 'key-1' } }),
      ],
    },
    {
      rule: 'the protected and the unprotected `kid` differ',
      section: 'RFC 7515, 7.2.1',
      code: 'ERR_JWS_KID',
      broken: (cast) => [
        signed(cast, { protected: { kid: cast.mallory.signature().kid } }),
        signed(cast, { protected: { kid: cast.alice.signature('P-256').kid } }),
      ],
    },
    {
      rule: 'the signer key is not listed in the `authentication` of its DID',
      section: SECTION.signing,
      code: 'ERR_KEY_NOT_AUTHORIZED',
      broken: (cast) => [
        signed(cast, { key: cast.alice.agreement('P-256') }),
        signed(cast, { header: { kid: `${cast.alice.did}#nowhere` } }),
      ],
    },
    {
      rule: "the signer's DID does not exist",
      section: SECTION.signing,
      code: 'ERR_DID_NOT_FOUND',
      broken: (cast) => [signed(cast, { header: { kid: 'did:gone:x#1' } })],
    },
    {
      rule: "the signer's DID cannot be resolved now",
      section: SECTION.signing,
      code: 'ERR_DID_UNAVAILABLE',
      broken: (cast) => [signed(cast, { header: { kid: 'did:away:x#1' } })],
    },
    {
      rule: 'the signer key is an Ed25519 point of low order, under which signatures fit many messages',
      section: 'A choice of this implementation',
      code: 'ERR_KEY_INVALID',
      broken: (cast) => [signed(cast, { header: { kid: cast.broken.sign } })],
    },
    {
      rule: 'the signature does not verify, or is not r followed by s',
      section: 'RFC 7518, 3.4',
      code: 'ERR_SIGNATURE_INVALID',
      broken: (cast) => {
        const keys = ['Ed25519', 'P-256', 'secp256k1'].map((curve) => cast.alice.signature(curve));
        return keys.flatMap((key) => {
          const { payload, signatures } = parsed(cast, key);
          const { signature } = signatures[0];
          return [
            withSignature(cast, { signature: changed(signature, (bytes) => bytes.subarray(1)) }, key),
            withSignature(cast, { signature: changed(signature, (bytes) => Buffer.concat([bytes, bytes])) }, key),
            withSignature(cast, { signature: changed(signature, (bytes) => bytes.fill(0)) }, key),
            withSignature(cast, { signature: '' }, key),
            signed(cast, { key: { ...cast.mallory.signature(key.crv), kid: key.kid } }),
            JSON.stringify({ payload: changed(payload, (bytes) => bytes.fill(' ', 1, 2)), signatures }),
          ];
        });
      },
    },
    {
      rule: 'one of several signatures does not verify',
      section: SECTION.signing,
      code: 'ERR_SIGNATURE_INVALID',
      broken: ({ forge, alice, mallory, message }) => {
        const forged = { ...mallory.signature('P-256'), kid: alice.signature('P-256').kid };
        return [
          forge.jws(message(), [{ key: alice.signature() }, { key: forged }]),
          forge.jws(message(), [{ key: forged }, { key: alice.signature() }]),
        ];
      },
    },
    {
      rule: '`crit`, and with it unencoded payloads (`b64`)',
      section: 'RFC 7515, 4.1.11; RFC 7797',
      code: 'ERR_JOSE_CRIT',
      broken: (cast) => [
        signed(cast, { protected: { crit: ['b64'], b64: false } }),
        signed(cast, { header: { kid: cast.alice.signature().kid, crit: [] } }),
      ],
    },
    {
      rule: '`typ` names something else than a signed message',
      section: SECTION.signed,
      code: 'ERR_MEDIA_TYPE',
      broken: (cast) =>
        ['application/didcomm-plain+json', 'didcomm-encrypted+json', 'JWT', {}, null].map((typ) =>
          signed(cast, { protected: { typ } }),
        ),
    },
    {
      rule: 'no signature, or general and flattened at once',
      section: 'RFC 7515, 7.2',
      code: 'ERR_JWS_MALFORMED',
      broken: (cast) => [
        signed(cast, {}, { signatures: [] }),
        signed(cast, {}, { signatures: {} }),
        signed(cast, {}, { signatures: [null] }),
        signed(cast, {}, { signature: 'AA' }),
      ],
    },
    {
      rule: 'a member that must be text or an object is none',
      section: 'RFC 7515, 7.2.1',
      code: 'ERR_JWS_MALFORMED',
      broken: (cast) => [
        signed(cast, {}, { payload: {} }),
        withSignature(cast, { protected: undefined }),
        withSignature(cast, { signature: 1 }),
        withSignature(cast, { header: 'kid' }),
      ],
    },
    {
      rule: 'the compact serialisation',
      section: SECTION.signing,
      code: 'ERR_JSON_MALFORMED',
      broken: (cast) => {
        const { payload, signatures } = parsed(cast);
        return [`${signatures[0].protected}.${payload}.${signatures[0].signature}`];
      },
    },
    {
      rule: 'a base64url member that is padded, not canonical or in another alphabet',
      section: 'RFC 7515, 2',
      code: 'ERR_BASE64URL',
      broken: (cast) => {
        const { payload, signatures } = parsed(cast);
        const { protected: header, signature } = signatures[0];
        return [
          JSON.stringify({ payload: `${payload}=`, signatures }),
          withSignature(cast, { protected: `${header}=` }),
          withSignature(cast, { signature: `${signature}==` }),
          withSignature(cast, { signature: `${signature.slice(0, -1)}B` }),
          withSignature(cast, { signature: `+${signature.slice(1)}` }),
        ];
      },
    },
    {
      rule: 'a protected header or payload that is not a JSON object',
      section: 'RFC 7515, 4',
      code: 'ERR_JSON_MALFORMED',
      broken: (cast) => [
        withSignature(cast, { protected: 'W10' }),
        cast.forge.jws('[]', [{ key: cast.alice.signature() }]),
        cast.forge.jws('text', [{ key: cast.alice.signature() }]),
      ],
    },
    {
      rule: 'more than 8 signatures (a limit of this implementation)',
      section: 'Limits',
      code: 'ERR_TOO_LARGE',
      broken: ({ forge, alice, message }) => [
        forge.jws(
          message(),
          Array.from({ length: 9 }, () => ({ key: alice.signature() })),
        ),
      ],
    },
  ],
  accepted: [
    {
      oddity: 'the flattened serialisation',
      section: SECTION.signing,
      accepted: ({ forge, alice, message }) => [forge.flattenedJws(message(), { key: alice.signature() })],
      result: ({ alice }) => ({ from: alice.did, nonRepudiable: true, signerKeyId: alice.signature().kid }),
    },
    {
      oddity: '`kid` in the protected header only, or the same in both',
      section: SECTION.signing,
      accepted: (cast) => {
        const { kid } = cast.alice.signature();
        return [
          signed(cast, { protected: { kid }, header: {} }),
          signed(cast, { protected: { kid } }),
          cast.forge.flattenedJws(
            cast.message(),
            { key: cast.alice.signature(), protected: { kid } },
            { header: undefined },
          ),
        ];
      },
    },
    {
      oddity: 'ES256 and ES256K, also with the greater of the two values of `s`',
      section: SECTION.signing,
      accepted: (cast) => {
        const key = cast.alice.signature('secp256k1');
        const { payload, signatures } = parsed(cast, key);
        const signature = changed(signatures[0].signature, withOtherS);
        return [
          signed(cast, { key: cast.alice.signature('P-256') }),
          signed(cast, { key }),
          JSON.stringify({ payload, signatures: [{ ...signatures[0], signature }] }),
        ];
      },
    },
    {
      oddity: 'several signatures, all by keys of one DID',
      section: 'RFC 7515, 7.2.1',
      accepted: ({ forge, alice, message }) => [
        forge.jws(message(), [{ key: alice.signature() }, { key: alice.signature('P-256') }]),
      ],
      result: ({ alice }) => ({
        layers: [
          {
            kind: 'signed',
            signers: [
              { keyId: alice.signature().kid, algorithm: 'EdDSA' },
              { keyId: alice.signature('P-256').kid, algorithm: 'ES256' },
            ],
          },
        ],
      }),
    },
    {
      oddity: '`typ` without `application/`, in capitals, `JWM`, or missing',
      section: SECTION.mediaTypes,
      accepted: (cast) =>
        ['didcomm-signed+json', 'APPLICATION/DIDCOMM-SIGNED+JSON', 'JWM', undefined].map((typ) =>
          signed(cast, { protected: { typ } }),
        ),
    },
    {
      oddity: 'members that nobody defined',
      section: 'RFC 7515, 4 and 7.2.1',
      accepted: (cast) => [
        signed(cast, { protected: { x: 1 }, header: { kid: cast.alice.signature().kid, y: 2 } }, { z: 3 }),
      ],
    },
    {
      oddity: 'no `to` in a message that is signed but not encrypted',
      section: SECTION.signed,
      accepted: ({ forge, alice, message }) => [forge.jws(message({ to: undefined }), [{ key: alice.signature() }])],
    },
  ],
};
