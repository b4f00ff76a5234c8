import { expect } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.js';
import type { Cast } from '../../../support/cast.js';
import { base64url } from '../../../support/forge.js';
import { type Rules, SECTION } from './rule.js';

/** An authcrypted message from Alice, who claims by `from_prior` that she was somebody else before. */
function rotated({ forge, alice, bob, message }: Cast, jwt: string): string {
  return forge.jwe({ content: message({ from_prior: jwt }), from: alice.agreement(), to: [bob.agreement()] });
}

const IAT = 1_700_000_000;

/** Alice was `peer2` before; with other claims and another header on request. */
function jwt({ forge, alice, peer2 }: Cast, claims: JsonObject = {}, header: JsonObject = {}): string {
  return forge.jwt(peer2.signature(), { iss: peer2.did, sub: alice.did, iat: IAT, ...claims }, header);
}

/** The end of a relationship: no `from`, and no `sub` in the proof. */
function ended({ forge, bob, message }: Cast, jwt: string): string {
  return forge.jwe({ content: message({ from: undefined, from_prior: jwt }), to: [bob.agreement()] });
}

function eachPart(jwt: string, change: (part: string) => string): readonly string[] {
  const parts = jwt.split('.');
  return parts.map((part, index) => parts.with(index, change(part)).join('.'));
}

/** The proof of a DID rotation. */
export const fromPriorRules: Rules = {
  subject: 'The proof of a DID rotation, `from_prior`',
  refused: [
    {
      rule: 'the message is not encrypted',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => {
        const message = cast.message({ from_prior: jwt(cast) });
        return [JSON.stringify(message), cast.forge.jws(message, [{ key: cast.alice.signature() }])];
      },
    },
    {
      rule: 'it is no JWT of three parts',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => ['', 'x', 'a.b', `${jwt(cast)}.`, `${jwt(cast)}.AAAA.AAAA`].map((text) => rotated(cast, text)),
    },
    {
      rule: 'a part is not canonical base64url',
      section: 'RFC 7515, 2',
      code: 'ERR_BASE64URL',
      broken: (cast) => eachPart(jwt(cast), (part) => `${part}=`).map((text) => rotated(cast, text)),
    },
    {
      rule: 'its header or claims are no JSON object',
      section: 'RFC 7519, 7.2',
      code: 'ERR_JSON_MALFORMED',
      broken: (cast) =>
        eachPart(jwt(cast), () => base64url('[]'))
          .slice(0, 2)
          .map((text) => rotated(cast, text)),
    },
    {
      rule: '`sub` is not the `from` of the message',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => [
        rotated(cast, jwt(cast, { sub: cast.mallory.did })),
        ended(cast, jwt(cast)), // a `sub`, but no `from`
        rotated(cast, jwt(cast, { sub: undefined })), // a `from`, but no `sub`
      ],
    },
    {
      rule: '`iss` or `sub` is not a DID',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => [
        ...[undefined, null, 7, 'peer', `${cast.peer2.did}#key-1`].map((iss) => rotated(cast, jwt(cast, { iss }))),
        ...[null, 7, '', `${cast.alice.did}#key-1`].map((sub) => rotated(cast, jwt(cast, { sub }))),
      ],
    },
    {
      rule: '`iss` and `sub` are the same DID, in whatever spelling',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => {
        const { forge, alice, peer4, bob, message } = cast;
        const claims = { iss: peer4.short, sub: peer4.did };
        const content = message({ from: peer4.did, from_prior: forge.jwt(peer4.signature(), claims) });
        return [
          rotated(cast, forge.jwt(alice.signature(), { iss: alice.did, sub: alice.did })),
          forge.jwe({ content, from: peer4.agreement(), to: [bob.agreement()] }),
        ];
      },
    },
    {
      rule: '`kid` is missing, relative, or of another DID than `iss`',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => [
        ...[undefined, 7, '#key-2', cast.peer2.did].map((kid) => rotated(cast, jwt(cast, {}, { kid }))),
        rotated(cast, cast.forge.jwt(cast.mallory.signature(), { iss: cast.peer2.did, sub: cast.alice.did })),
      ],
    },
    {
      rule: 'its key is not listed in the `authentication` of the prior DID',
      section: SECTION.rotation,
      code: 'ERR_KEY_NOT_AUTHORIZED',
      broken: (cast) => {
        const { forge, alice, mallory } = cast;
        return [
          rotated(cast, forge.jwt(mallory.agreement('P-256'), { iss: mallory.did, sub: alice.did })),
          rotated(cast, jwt(cast, {}, { kid: `${cast.peer2.did}#key-9` })),
        ];
      },
    },
    {
      rule: '`alg` is not that of the key',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => ['none', 'HS256', 'ES256', undefined].map((alg) => rotated(cast, jwt(cast, {}, { alg }))),
    },
    {
      rule: '`crit`',
      section: 'RFC 7515, 4.1.11',
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => [rotated(cast, jwt(cast, {}, { crit: ['exp'] }))],
    },
    {
      rule: 'its signature does not verify',
      section: SECTION.rotation,
      code: 'ERR_FROM_PRIOR',
      broken: (cast) => {
        const [header, , signature] = jwt(cast, { sub: cast.mallory.did }).split('.');
        const [, claims] = jwt(cast).split('.');
        const forged = { ...cast.mallory.signature(), kid: cast.peer2.signature().kid };
        return [
          rotated(cast, `${header}.${claims}.${signature}`),
          rotated(cast, `${header}.${claims}.`),
          rotated(cast, cast.forge.jwt(forged, { iss: cast.peer2.did, sub: cast.alice.did })),
        ];
      },
    },
    {
      rule: 'the prior DID does not exist',
      section: SECTION.rotation,
      code: 'ERR_DID_NOT_FOUND',
      broken: (cast) => [rotated(cast, jwt(cast, { iss: 'did:gone:x' }, { kid: 'did:gone:x#1' }))],
    },
    {
      rule: 'the prior DID cannot be resolved now',
      section: SECTION.rotation,
      code: 'ERR_DID_UNAVAILABLE',
      broken: (cast) => [rotated(cast, jwt(cast, { iss: 'did:away:x' }, { kid: 'did:away:x#1' }))],
    },
    {
      rule: 'it is longer than any proof can be (a limit of this implementation)',
      section: 'Limits',
      code: 'ERR_TOO_LARGE',
      broken: (cast) => [rotated(cast, '.'.repeat(1_000_000)), rotated(cast, jwt(cast, { x: 'x'.repeat(40_000) }))],
    },
  ],
  accepted: [
    {
      oddity: 'a rotation, signed with EdDSA, ES256 or ES256K',
      section: SECTION.rotation,
      accepted: (cast) => {
        const { forge, mallory, alice } = cast;
        return ['Ed25519', 'P-256', 'secp256k1'].map((curve) =>
          rotated(cast, forge.jwt(mallory.signature(curve), { iss: mallory.did, sub: alice.did, iat: IAT })),
        );
      },
      result: ({ alice, mallory }) => ({
        from: alice.did,
        rotation: expect.objectContaining({ priorDid: mallory.did, did: alice.did, issuedAt: IAT }),
      }),
    },
    {
      oddity: 'the end of a relationship: neither `sub` nor `from`',
      section: SECTION.ending,
      accepted: (cast) => [ended(cast, jwt(cast, { sub: undefined }))],
      result: ({ peer2 }) => ({ from: null, rotation: expect.objectContaining({ priorDid: peer2.did, did: null }) }),
    },
    {
      oddity: 'a proof without `typ`, with `crv` or other members, without `iat` or with a strange one',
      section: SECTION.rotation,
      accepted: (cast) => [
        rotated(cast, jwt(cast, { iat: undefined }, { typ: undefined, crv: 'ED25519', x: 1 })),
        rotated(cast, jwt(cast, { iat: 'yesterday', exp: 1, aud: 'x' })),
      ],
      result: () => ({ rotation: expect.objectContaining({ issuedAt: null }) }),
    },
  ],
};
