import type { JsonObject } from '../../../../src/core/json.js';
import type { Cast } from '../../../support/cast.js';
import { type Rules, SECTION } from './rule.js';

/** The ways in which Alice is proven to have sent a message to Bob, with headers of the plaintext replaced. */
const auth = ({ forge, alice, bob, message }: Cast, headers: JsonObject): string =>
  forge.jwe({ content: message(headers), from: alice.agreement(), to: [bob.agreement()] });

const anon = ({ forge, bob, message }: Cast, headers: JsonObject): string =>
  forge.jwe({ content: message(headers), to: [bob.agreement()] });

const sign = ({ forge, alice, message }: Cast, headers: JsonObject): string =>
  forge.jws(message(headers), [{ key: alice.signature() }]);

/** Anoncrypt around one of the others. */
const hidden = ({ forge, bob }: Cast, content: string): string => forge.jwe({ content, to: [bob.agreement()] });

/** Authcrypt by Alice around a signature by Mallory. */
const signedByAnother = ({ forge, alice, bob, mallory, message }: Cast, headers: JsonObject): string =>
  forge.jwe({
    content: forge.jws(message(headers), [{ key: mallory.signature() }]),
    from: alice.agreement(),
    to: [bob.agreement()],
  });

/** Whether the plaintext says the same as the envelopes around it. */
export const addressingRules: Rules = {
  subject: 'What the plaintext says and what the envelopes prove',
  refused: [
    {
      rule: 'authcrypt without `from`',
      section: SECTION.headers,
      code: 'ERR_FROM_MISSING',
      broken: (cast) => {
        const inner = auth(cast, { from: undefined });
        return [inner, hidden(cast, inner)];
      },
    },
    {
      rule: 'authcrypt whose `from` is not the DID of `skid`: a spoofed sender',
      section: SECTION.consistency,
      code: 'ERR_FROM_MISMATCH',
      broken: (cast) =>
        [cast.mallory.did, `${cast.alice.did}2`, 'did:example:alic', 'did:example:ALICE', cast.peer4.short].flatMap(
          (from) => {
            const inner = auth(cast, { from });
            return [inner, hidden(cast, inner)];
          },
        ),
    },
    {
      rule: 'a signature without `from`',
      section: SECTION.signing,
      code: 'ERR_FROM_MISSING',
      broken: (cast) => {
        const inner = sign(cast, { from: undefined });
        return [inner, hidden(cast, inner)];
      },
    },
    {
      rule: 'a signature by another DID than `from`',
      section: SECTION.consistency,
      code: 'ERR_SIGNER_MISMATCH',
      broken: (cast) => {
        const inner = sign(cast, { from: cast.mallory.did });
        return [inner, hidden(cast, inner)];
      },
    },
    {
      rule: 'several signatures, one of them by another DID than `from`',
      section: SECTION.consistency,
      code: 'ERR_SIGNER_MISMATCH',
      broken: ({ forge, alice, mallory, message }) => [
        forge.jws(message(), [{ key: alice.signature() }, { key: mallory.signature() }]),
        forge.jws(message(), [{ key: mallory.signature() }, { key: alice.signature() }]),
      ],
    },
    {
      rule: 'authcrypt(sign) whose signer is not the sender, `from` being the sender',
      section: SECTION.mediaTypes,
      code: 'ERR_SIGNER_MISMATCH',
      broken: (cast) => [signedByAnother(cast, {}), hidden(cast, signedByAnother(cast, {}))],
    },
    {
      rule: 'authcrypt(sign) whose signer is not the sender, `from` being the signer',
      section: SECTION.mediaTypes,
      code: 'ERR_FROM_MISMATCH',
      broken: (cast) => [signedByAnother(cast, { from: cast.mallory.did })],
    },
    {
      rule: '`to` does not list the DID of a recipient `kid`',
      section: SECTION.consistency,
      code: 'ERR_TO_MISMATCH',
      broken: (cast) =>
        [[], [cast.mallory.did], [`${cast.bob.did}2`, 'did:example:bo', cast.alice.did]].flatMap((to) => [
          auth(cast, { to }),
          anon(cast, { to }),
          hidden(cast, auth(cast, { to })),
          hidden(cast, sign(cast, { to })),
        ]),
    },
    {
      rule: 'the layers are for different DIDs, and `to` lists only one of them',
      section: SECTION.consistency,
      code: 'ERR_TO_MISMATCH',
      broken: (cast) => {
        const { forge, bob, peer4 } = cast;
        return [
          forge.jwe({ content: auth(cast, {}), to: [peer4.agreement()] }),
          forge.jwe({ content: auth(cast, { to: [peer4.did] }), to: [peer4.agreement()] }),
          forge.jwe({ content: cast.message(), to: [bob.agreement(), peer4.agreement()] }),
        ];
      },
    },
    {
      rule: 'a signature inside encryption without `to`: it could be passed on to somebody else',
      section: SECTION.signed,
      code: 'ERR_TO_MISSING',
      broken: (cast) => {
        const inner = sign(cast, { to: undefined });
        const { forge, alice, bob } = cast;
        return [hidden(cast, inner), forge.jwe({ content: inner, from: alice.agreement(), to: [bob.agreement()] })];
      },
    },
    {
      rule: 'more than 1000 DIDs in `to` (a limit of this implementation)',
      section: 'Limits',
      code: 'ERR_TOO_LARGE',
      broken: (cast) => {
        const to = Array.from({ length: 1001 }, () => cast.bob.did);
        return [anon(cast, { to }), JSON.stringify(cast.message({ to }))];
      },
    },
  ],
  accepted: [
    {
      oddity: 'no `to`, except with a signature inside encryption',
      section: SECTION.headers,
      accepted: (cast) => {
        const headers = { to: undefined };
        return [auth(cast, headers), anon(cast, headers), hidden(cast, auth(cast, headers))];
      },
    },
    {
      oddity: '`to` lists others as well, or somebody twice',
      section: SECTION.headers,
      accepted: (cast) => {
        const to = [cast.mallory.did, cast.bob.did, cast.bob.did, 'did:example:unknown'];
        return [auth(cast, { to }), anon(cast, { to }), hidden(cast, sign(cast, { to }))];
      },
    },
    {
      oddity: '`from` and `to` as DID URLs without a fragment',
      section: SECTION.headers,
      accepted: (cast) => {
        const headers = { from: `${cast.alice.did}?versionId=1`, to: [`${cast.bob.did}/path`] };
        return [auth(cast, headers), hidden(cast, sign(cast, headers))];
      },
      result: ({ alice }) => ({ from: alice.did }),
    },
    {
      oddity: 'layers for different keys of the recipient',
      section: SECTION.encryption,
      accepted: (cast) => {
        const { forge, alice, bob, message } = cast;
        const inner = forge.jwe({ content: message(), from: alice.agreement('P-384'), to: [bob.agreement('P-384')] });
        return [hidden(cast, inner)];
      },
      result: ({ bob }) => ({ recipientKeyIds: [bob.agreement('P-384').kid], anonymous: true }),
    },
    {
      oddity: 'anoncrypt with a `from`, or without one: nothing is proven',
      section: SECTION.headers,
      accepted: (cast) => [anon(cast, {}), anon(cast, { from: undefined }), anon(cast, { from: cast.mallory.did })],
      result: () => ({ from: null, authenticated: false, senderKeyId: null, signerKeyId: null }),
    },
  ],
};
