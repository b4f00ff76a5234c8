import { expect } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.js';
import type { Cast } from '../../../support/cast.js';
import { apvOf } from '../../../support/forge.js';
import { type Rules, SECTION } from './rule.js';

/** An anoncrypted message to Bob, with members of the envelope replaced. */
function anon(cast: Cast, envelope: JsonObject): string {
  return cast.forge.jwe({ content: cast.message(), to: [cast.bob.agreement()], envelope });
}

/** A sound message to both of Bob's X25519 keys, taken apart. */
function sound(cast: Cast): { recipients: [Recipient, Recipient]; [member: string]: unknown } {
  const to = [cast.bob.agreement(), cast.bob.agreement('X25519', 2)];
  return JSON.parse(cast.forge.jwe({ content: cast.message(), from: cast.alice.agreement(), to }));
}

interface Recipient {
  header: JsonObject;
  encrypted_key: string;
}

function withKeyIds(cast: Cast, keyIds: readonly unknown[], apv = apvOf(keyIds.map(String))): string {
  const to = keyIds.map(() => cast.bob.agreement());
  const { recipients, ...rest } = JSON.parse(cast.forge.jwe({ content: cast.message(), to, header: { apv } }));
  return JSON.stringify({
    ...rest,
    recipients: recipients.map((recipient: Recipient, index: number) => ({
      ...recipient,
      header: { kid: keyIds[index] },
    })),
  });
}

/** The same text in each member that holds base64url. */
function respelled(cast: Cast, respell: (text: string) => string): readonly string[] {
  const jwe = sound(cast);
  const [ours, other] = jwe.recipients;
  return [
    ...['protected', 'iv', 'ciphertext', 'tag'].map((member) => ({ ...jwe, [member]: respell(String(jwe[member])) })),
    { ...jwe, recipients: [{ ...ours, encrypted_key: respell(ours.encrypted_key) }, other] },
  ].map((value) => JSON.stringify(value));
}

function withFlippedBit(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1);
  return bytes.toString('base64url');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Sets an unused bit of the last character, where there is one. */
function withTrailingBit(text: string): string {
  const last = LETTERS.indexOf(text.at(-1) ?? '');
  return text.length % 4 === 0 ? `${text}B` : `${text.slice(0, -1)}${LETTERS[last | 1]}`;
}

/** The members of an encrypted message besides its protected header. */
export const jweBodyRules: Rules = {
  subject: 'The rest of an encrypted message',
  refused: [
    {
      rule: 'no general JSON serialisation: `recipients` is missing, empty or no array',
      section: SECTION.encryption,
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) => {
        const [{ header, encrypted_key }] = sound(cast).recipients;
        const flattened = { recipients: undefined, header, encrypted_key };
        return [flattened, { recipients: [] }, { recipients: {} }, { recipients: [null] }].map((e) => anon(cast, e));
      },
    },
    {
      rule: 'the compact serialisation',
      section: SECTION.encryption,
      code: 'ERR_JSON_MALFORMED',
      broken: (cast) => {
        const jwe = sound(cast);
        return [[jwe.protected, jwe.recipients[0].encrypted_key, jwe.iv, jwe.ciphertext, jwe.tag].join('.')];
      },
    },
    {
      rule: 'a member that must be text is missing or none',
      section: 'RFC 7516, 7.2.1',
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) =>
        [
          ...['protected', 'iv', 'tag'].flatMap((member) => [{ [member]: undefined }, { [member]: 1 }]),
          { ciphertext: null },
          { recipients: [{ header: { kid: cast.bob.agreement().kid } }] },
          { aad: {} },
        ].map((envelope) => anon(cast, envelope)),
    },
    {
      rule: 'a recipient `kid` is missing or not an absolute DID URL with a fragment',
      section: SECTION.keyIds,
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) =>
        [undefined, 7, '', '#agreement-1', cast.bob.did, `${cast.bob.did}#`, `${cast.bob.did}#a b`, 'bob#1'].map(
          (keyId) => withKeyIds(cast, [keyId]),
        ),
    },
    {
      rule: 'two key ids are passed off as one, which gives the same `apv`',
      section: 'RFC 3986, 3.5',
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) => {
        const keyIds = [cast.bob.agreement().kid, 'did:example:carol#1', 'did:example:dave#1'];
        return [withKeyIds(cast, [keyIds[0], `${keyIds[1]}.${keyIds[2]}`], apvOf(keyIds))];
      },
    },
    {
      rule: 'two recipients with the same `kid`',
      section: SECTION.keyIds,
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) => [withKeyIds(cast, [cast.bob.agreement().kid, cast.bob.agreement().kid])],
    },
    {
      rule: '`alg`, `enc`, `epk`, `apu`, `apv`, `skid`, `crit` or `zip` in an unprotected header',
      section: SECTION.authcrypt,
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) =>
        ['alg', 'enc', 'epk', 'apu', 'apv', 'skid', 'crit', 'zip'].flatMap((name) => {
          const [{ header, encrypted_key }] = sound(cast).recipients;
          const recipients = [{ header: { ...header, [name]: 'x' }, encrypted_key }];
          return [anon(cast, { unprotected: { [name]: 'x' } }), anon(cast, { recipients })];
        }),
    },
    {
      rule: 'an unprotected header that is no object',
      section: 'RFC 7516, 7.2.1',
      code: 'ERR_JWE_MALFORMED',
      broken: (cast) => [anon(cast, { unprotected: 'x' }), anon(cast, { unprotected: null })],
    },
    {
      rule: 'none of the recipients is ours',
      section: SECTION.keyIds,
      code: 'ERR_JWE_NO_RECIPIENT',
      broken: ({ forge, alice, bob, mallory, message }) =>
        [bob.agreement('X25519', 2), mallory.agreement()].map((key) =>
          forge.jwe({ content: message(), from: alice.agreement(), to: [key] }),
        ),
    },
    {
      rule: 'a base64url member with padding',
      section: 'RFC 7515, 2',
      code: 'ERR_BASE64URL',
      broken: (cast) => [
        ...respelled(cast, (text) => `${text}=`),
        cast.forge.jwe({ content: cast.message(), to: [cast.bob.agreement()], aad: 'YQ==' }),
      ],
    },
    {
      rule: 'a base64url member in the alphabet of plain base64, or with whitespace',
      section: 'RFC 7515, 2',
      code: 'ERR_BASE64URL',
      broken: (cast) =>
        ['+', '/', ' ', '\n', 'é'].flatMap((odd) => respelled(cast, (text) => `${odd}${text.slice(1)}`)),
    },
    {
      rule: 'a base64url member whose unused bits are not zero, or of an impossible length',
      section: 'RFC 4648, 3.5',
      code: 'ERR_BASE64URL',
      broken: (cast) => respelled(cast, withTrailingBit),
    },
    {
      rule: 'a protected header that is not a JSON object',
      section: 'RFC 7516, 4',
      code: 'ERR_JSON_MALFORMED',
      broken: (cast) => ['', 'W10', 'bnVsbA', 'eyJ9'].map((text) => anon(cast, { protected: text })),
    },
    {
      rule: 'a damaged tag, ciphertext, initialisation vector or encrypted key',
      section: 'RFC 7516, 5.2',
      code: 'ERR_DECRYPT_FAILED',
      broken: (cast) => {
        const [, ...others] = respelled(cast, withFlippedBit);
        return others;
      },
    },
    {
      rule: 'a tag, initialisation vector or encrypted key of the wrong length',
      section: 'RFC 7518, 5.2.2 and 5.3',
      code: 'ERR_DECRYPT_FAILED',
      broken: (cast) => {
        const [{ header, encrypted_key }] = sound(cast).recipients;
        const cut = encrypted_key.slice(0, 64);
        const { tag } = sound(cast);
        return [
          ...['', 'AAAA', String(tag).slice(0, 40), `${'AAAA'.repeat(40)}`].map((text) => anon(cast, { tag: text })),
          ...['', 'AAAA', 'AAAA'.repeat(40)].map((text) => anon(cast, { iv: text })),
          ...['', cut, encrypted_key.repeat(4)].map((text) =>
            anon(cast, { recipients: [{ header, encrypted_key: text }] }),
          ),
        ];
      },
    },
    {
      rule: 'a content key whose length is not that of `enc`',
      section: 'RFC 7518, 5.2.2 and 5.3',
      code: 'ERR_DECRYPT_FAILED',
      broken: ({ forge, bob, message }) => [
        forge.jwe({ content: message(), to: [bob.agreement()], contentKeyBytes: 32 }),
        forge.jwe({ content: message(), to: [bob.agreement()], enc: 'A256GCM', contentKeyBytes: 64 }),
        forge.jwe({ content: message(), to: [bob.agreement()], enc: 'XC20P', contentKeyBytes: 64 }),
      ],
    },
    {
      rule: 'more than 100 recipients (a limit of this implementation)',
      section: 'Limits',
      code: 'ERR_TOO_LARGE',
      broken: (cast) => [
        anon(cast, { recipients: Array.from({ length: 101 }, () => ({ header: {}, encrypted_key: '' })) }),
      ],
    },
  ],
  accepted: [
    {
      oddity: "somebody damaged another recipient's encrypted key",
      section: 'RFC 7516, 5.2',
      accepted: (cast) => {
        const jwe = sound(cast);
        const [ours, other] = jwe.recipients;
        return ['', 'x', '=', other.encrypted_key.slice(1)].map((encrypted_key) =>
          JSON.stringify({ ...jwe, recipients: [ours, { ...other, encrypted_key }] }),
        );
      },
    },
    {
      oddity: 'recipients in any order',
      section: SECTION.authcrypt,
      accepted: (cast) => {
        const jwe = sound(cast);
        return [JSON.stringify({ ...jwe, recipients: [jwe.recipients[1], jwe.recipients[0]] })];
      },
      result: ({ bob }) => ({ layers: [expect.objectContaining({ openedBy: bob.agreement().kid })] }),
    },
    {
      oddity: 'an `aad` member',
      section: 'RFC 7516, 7.2.1',
      accepted: ({ forge, bob, message }) => [
        forge.jwe({ content: message(), to: [bob.agreement()], aad: 'YW55dGhpbmc' }),
      ],
    },
    {
      oddity: 'unprotected headers with members that nobody defined',
      section: 'RFC 7516, 7.2.1',
      accepted: (cast) => {
        const jwe = sound(cast);
        const [ours, other] = jwe.recipients;
        const recipients = [{ ...ours, header: { ...ours.header, x: 1 }, y: 2 }, other];
        return [JSON.stringify({ ...jwe, unprotected: { jku: 'https://example.org' }, recipients, z: null })];
      },
    },
  ],
};
