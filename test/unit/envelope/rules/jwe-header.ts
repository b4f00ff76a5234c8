import type { JsonObject } from '../../../../src/core/json.js';
import type { Cast } from '../../../support/cast.js';
import { apvOf, base64url, type HeaderEdit } from '../../../support/forge.js';
import { type Rules, SECTION } from './rule.js';

/** An authcrypted message from Alice to Bob whose protected header says something else. */
function auth(cast: Cast, header: HeaderEdit): string {
  const { forge, alice, bob, message } = cast;
  return forge.jwe({ content: message(), from: alice.agreement(), to: [bob.agreement()], header });
}

function anon(cast: Cast, header: HeaderEdit): string {
  return cast.forge.jwe({ content: cast.message(), to: [cast.bob.agreement()], header });
}

const both = (cast: Cast, header: HeaderEdit): readonly string[] => [auth(cast, header), anon(cast, header)];

/** Points of Curve25519 whose order is 1, 2, 4 or 8 (RFC 7748, 6.1), little-endian. */
const LOW_ORDER_POINTS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Buffer.from(hex, 'hex').toString('base64url'));

const RIGHT_EPK = { kty: 'OKP', crv: 'X25519', x: 'GDTrI66K0pFfO54tlCSvfjjNapIs44dzpneBgyx0S3E' };

/** The protected header of an encrypted message. */
export const jweHeaderRules: Rules = {
  subject: 'The protected header of an encrypted message',
  refused: [
    {
      rule: '`alg` is neither `ECDH-1PU+A256KW` nor `ECDH-ES+A256KW`',
      section: SECTION.wrapping,
      code: 'ERR_JWE_ALG',
      broken: (cast) =>
        ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-1PU', 'dir', 'none', 'ecdh-es+a256kw', '', null, undefined].flatMap((alg) =>
          both(cast, { alg }),
        ),
    },
    {
      rule: '`enc` is not `A256CBC-HS512`, `A256GCM` or `XC20P`',
      section: SECTION.curves,
      code: 'ERR_JWE_ENC',
      broken: (cast) =>
        ['A128CBC-HS256', 'A128GCM', 'C20P', 'constructor', 5, undefined].flatMap((enc) => both(cast, { enc })),
    },
    {
      rule: 'authcrypt with another `enc` than `A256CBC-HS512`',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_ENC',
      broken: ({ forge, alice, bob, message }) =>
        (['A256GCM', 'XC20P'] as const).map((enc) =>
          forge.jwe({ content: message(), from: alice.agreement(), to: [bob.agreement()], enc }),
        ),
    },
    {
      rule: '`epk` is missing or no public key',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_EPK',
      broken: (cast) =>
        [undefined, null, 'X25519', {}, { kty: 'OKP', crv: 'X25519' }, { ...RIGHT_EPK, crv: 'X448' }].flatMap((epk) =>
          both(cast, { epk }),
        ),
    },
    {
      rule: '`epk` is on another curve than the recipient key',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_EPK',
      broken: ({ forge, alice, bob, message }) =>
        (['P-256', 'Ed25519', 'secp256k1'] as const).flatMap((curve) => [
          forge.jwe({ content: message(), from: alice.agreement(), to: [bob.agreement()], curve }),
          forge.jwe({ content: message(), to: [bob.agreement()], curve }),
          forge.jwe({ content: message(), to: [bob.agreement('P-384')], curve }),
        ]),
    },
    {
      rule: '`epk` is not a point of its curve',
      section: SECTION.curves,
      code: 'ERR_JWE_EPK',
      broken: ({ forge, alice, bob, message }) =>
        (['P-256', 'P-384', 'P-521'] as const).flatMap((curve) => {
          const { kty, crv, x } = bob.agreement(curve);
          const epk = { kty, crv, x, y: x };
          return [
            forge.jwe({
              content: message(),
              from: alice.agreement(curve),
              to: [bob.agreement(curve)],
              header: { epk },
            }),
            forge.jwe({ content: message(), to: [bob.agreement(curve)], header: { epk } }),
          ];
        }),
    },
    {
      rule: '`epk` is an X25519 point of low order, which gives everybody the same secret',
      section: 'RFC 7748, 6.1',
      code: 'ERR_JWE_EPK',
      broken: (cast) => LOW_ORDER_POINTS.flatMap((x) => both(cast, { epk: { ...RIGHT_EPK, x } })),
    },
    {
      rule: 'a coordinate of `epk` is padded, not canonical or of the wrong length',
      section: 'RFC 7518, 6.2.1.2; RFC 8037, 2',
      code: 'ERR_JWE_EPK',
      broken: (cast) =>
        [`${RIGHT_EPK.x}=`, `${RIGHT_EPK.x.slice(0, -1)}F`, RIGHT_EPK.x.slice(2), `AA${RIGHT_EPK.x}`].flatMap((x) =>
          both(cast, { epk: { ...RIGHT_EPK, x } }),
        ),
    },
    {
      rule: '`apv` is missing',
      section: SECTION.anoncrypt,
      code: 'ERR_JWE_APV',
      broken: (cast) => both(cast, { apv: undefined }),
    },
    {
      rule: '`apv` is not the hash of the sorted recipient key ids',
      section: SECTION.anoncrypt,
      code: 'ERR_JWE_APV',
      broken: (cast) => [
        ...both(cast, { apv: '' }),
        ...both(cast, { apv: apvOf([cast.bob.agreement('P-256').kid]) }),
        ...both(cast, { apv: base64url(cast.bob.agreement().kid) }),
      ],
    },
    {
      rule: 'authcrypt without `apu`',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_APU',
      broken: (cast) => [
        auth(cast, { apu: undefined }),
        auth(cast, { apu: '' }),
        auth(cast, { skid: undefined, apu: '' }),
      ],
    },
    {
      rule: '`apu` is not the base64url form of `skid`',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_APU',
      broken: (cast) => [
        auth(cast, { apu: base64url(cast.mallory.agreement().kid) }),
        auth(cast, { skid: cast.mallory.agreement().kid }),
        auth(cast, { skid: 7 }),
      ],
    },
    {
      rule: '`skid` (or, without it, `apu`) is not an absolute DID URL with a fragment',
      section: SECTION.keyIds,
      code: 'ERR_JWE_SKID',
      broken: (cast) =>
        ['#agreement-1', cast.alice.did, 'alice#agreement-1', `${cast.alice.did}#`, `${cast.alice.did}#a#b`].flatMap(
          (skid) => [auth(cast, { skid, apu: base64url(skid) }), auth(cast, { skid: undefined, apu: base64url(skid) })],
        ),
    },
    {
      rule: '`apu` is not text',
      section: SECTION.authcrypt,
      code: 'ERR_NOT_UTF8',
      broken: (cast) => [auth(cast, { skid: undefined, apu: base64url(new Uint8Array([0xff, 0xfe])) })],
    },
    {
      rule: 'the sender key is not listed in the `keyAgreement` of its DID',
      section: SECTION.keyIds,
      code: 'ERR_KEY_NOT_AUTHORIZED',
      broken: ({ forge, alice, bob, message }) =>
        [alice.signature('P-256'), { ...alice.agreement('P-256'), kid: `${alice.did}#nowhere` }].map((from) =>
          forge.jwe({ content: message(), from, to: [bob.agreement('P-256')] }),
        ),
    },
    {
      rule: "the sender's DID does not exist",
      section: SECTION.keyIds,
      code: 'ERR_DID_NOT_FOUND',
      broken: (cast) => [auth(cast, { skid: 'did:gone:x#1', apu: base64url('did:gone:x#1') })],
    },
    {
      rule: "the sender's DID cannot be resolved now",
      section: SECTION.keyIds,
      code: 'ERR_DID_UNAVAILABLE',
      broken: (cast) => [auth(cast, { skid: 'did:away:x#1', apu: base64url('did:away:x#1') })],
    },
    {
      rule: 'the sender key is a point of low order or not on its curve',
      section: SECTION.curves,
      code: 'ERR_KEY_INVALID',
      broken: ({ forge, alice, bob, broken, message }) => [
        forge.jwe({
          content: message({ from: broken.did }),
          from: { ...alice.agreement(), kid: broken.lowOrder },
          to: [bob.agreement()],
        }),
        forge.jwe({
          content: message({ from: broken.did }),
          from: { ...alice.agreement('P-256'), kid: broken.offCurve },
          to: [bob.agreement('P-256')],
        }),
      ],
    },
    {
      rule: 'the sender key is of another curve than `epk`',
      section: SECTION.authcrypt,
      code: 'ERR_DECRYPT_FAILED',
      broken: ({ forge, alice, bob, message }) => [
        forge.jwe({ content: message(), from: alice.agreement('P-256'), to: [bob.agreement()] }),
      ],
    },
    {
      rule: 'ECDH-1PU of draft 03, whose keys do not depend on the tag',
      section: 'draft-madden-jose-ecdh-1pu-04, 2.3',
      code: 'ERR_DECRYPT_FAILED',
      broken: ({ forge, alice, bob, message }) => [
        forge.jwe({ content: message(), from: alice.agreement(), to: [bob.agreement()], draft: '03' }),
      ],
    },
    {
      rule: '`crit` or `zip`',
      section: 'RFC 7516, 4.1.3 and 4.1.13',
      code: 'ERR_JOSE_CRIT',
      broken: (cast) => [{ crit: ['exp'] }, { crit: [] }, { zip: 'DEF' }].flatMap((header) => both(cast, header)),
    },
    {
      rule: '`typ` names something else than an encrypted message',
      section: SECTION.encrypted,
      code: 'ERR_MEDIA_TYPE',
      broken: (cast) =>
        ['application/didcomm-signed+json', 'didcomm-plain+json', 'JWT', 'text/plain', 1, null].flatMap((typ) =>
          both(cast, { typ }),
        ),
    },
  ],
  accepted: [
    {
      oddity: 'authcrypt without `skid`: the sender key is taken from `apu`',
      section: SECTION.authcrypt,
      accepted: (cast) => [auth(cast, { skid: undefined })],
      result: ({ alice }) => ({ from: alice.did, senderKeyId: alice.agreement().kid }),
    },
    {
      oddity: '`typ` without `application/`, in capitals, `JWM`, or missing',
      section: SECTION.mediaTypes,
      accepted: (cast) =>
        ['didcomm-encrypted+json', 'Application/DIDComm-Encrypted+JSON', 'JWM', undefined].flatMap((typ) =>
          both(cast, { typ }),
        ),
    },
    {
      oddity: 'anoncrypt with an `apu`, or with a `skid`, which proves nothing',
      section: SECTION.anoncrypt,
      accepted: (cast) => [
        anon(cast, { apu: base64url('somebody') }),
        anon(cast, { apu: base64url(cast.alice.agreement().kid), skid: cast.alice.agreement().kid }),
      ],
      result: () => ({ from: null, senderKeyId: null, authenticated: false }),
    },
    {
      oddity: '`cty`, and members that nobody defined',
      section: 'RFC 7516, 4 and 4.1.12',
      accepted: (cast) => both(cast, { cty: 'application/didcomm-plain+json', b64: false, anything: [{}] }),
    },
    {
      oddity: '`epk` with members besides the key',
      section: 'RFC 7517, 4',
      accepted: (cast) =>
        both(cast, ({ epk }) => ({ epk: { ...(epk as JsonObject), kid: 'x', use: 'enc', key_ops: [] } })),
    },
  ],
};
