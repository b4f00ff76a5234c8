import { expect } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.js';
import type { Cast } from '../../../support/cast.js';
import { type Rules, SECTION } from './rule.js';

/** The message as it is, and authcrypted: the same rules hold in both. */
function inAndOut({ forge, bob, message }: Cast, ...edits: readonly JsonObject[]): readonly string[] {
  return edits.flatMap((headers) => {
    const plaintext = JSON.stringify(message(headers));
    return [plaintext, forge.jwe({ content: plaintext, to: [bob.agreement()] })];
  });
}

/** Something that is no DID in one way each. */
const NO_DIDS = [
  7,
  null,
  '',
  'bob',
  'did:',
  'did:example',
  'DID:example:bob',
  'did:example:bob bob',
  'did:example:b/ö',
];

const data = (value: unknown): JsonObject => ({ attachments: [{ data: value }] });

/** The structure of a plaintext message. */
export const plaintextRules: Rules = {
  subject: 'Plaintext messages',
  refused: [
    {
      rule: '`id` or `type` is missing, empty or no text',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) => [undefined, null, '', 7, {}].flatMap((value) => inAndOut(cast, { id: value }, { type: value })),
    },
    {
      rule: '`from` has a fragment',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) => {
        const { forge, alice, bob, message } = cast;
        const content = message({ from: alice.agreement().kid });
        return [
          ...inAndOut(cast, { from: alice.agreement().kid }, { from: `${alice.did}#` }),
          forge.jwe({ content, from: alice.agreement(), to: [bob.agreement()] }),
        ];
      },
    },
    {
      rule: '`from` is not a DID or DID URL',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) => NO_DIDS.flatMap((from) => inAndOut(cast, { from })),
    },
    {
      rule: '`to` is not an array of DIDs without fragment',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) => [
        ...inAndOut(cast, { to: cast.bob.did }, { to: null }, { to: {} }, { to: [cast.bob.agreement().kid] }),
        ...NO_DIDS.flatMap((did) => inAndOut(cast, { to: [cast.bob.did, did] })),
      ],
    },
    {
      rule: '`body` is neither an object nor null',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) => inAndOut(cast, { body: [] }, { body: 'text' }, { body: 0 }, { body: false }),
    },
    {
      rule: '`thid`, `pthid` or `from_prior` is no text',
      section: SECTION.headers,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) =>
        ['thid', 'pthid', 'from_prior'].flatMap((name) => inAndOut(cast, { [name]: 7 }, { [name]: null })),
    },
    {
      rule: '`ack` or `please_ack` is not an array of texts',
      section: SECTION.acks,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) =>
        ['ack', 'please_ack'].flatMap((name) => inAndOut(cast, { [name]: 'id' }, { [name]: [1] }, { [name]: null })),
    },
    {
      rule: '`attachments` without `data`, or whose `data` gives no access to anything',
      section: SECTION.attachments,
      code: 'ERR_MESSAGE_MALFORMED',
      broken: (cast) =>
        inAndOut(
          cast,
          { attachments: {} },
          { attachments: [null] },
          { attachments: [{ id: '1' }] },
          data({}),
          data([]),
          data({ hash: 'x' }),
          data({ base64: 7 }),
          data({ base64: null, json: 1 }),
          data({ links: 'https://example.org' }),
          data({ links: [1] }),
        ),
    },
    {
      rule: '`typ` names something else than a plaintext message',
      section: SECTION.plaintext,
      code: 'ERR_MEDIA_TYPE',
      broken: (cast) =>
        inAndOut(cast, { typ: 'application/didcomm-encrypted+json' }, { typ: 'didcomm-signed+json' }, { typ: 1 }),
    },
    {
      rule: 'a JSON object that is neither a JWE, a JWS nor a message',
      section: SECTION.mediaTypes,
      code: 'ERR_ENVELOPE_UNKNOWN',
      broken: ({ forge, bob }) =>
        ['{}', '{"hello":"world"}', '{"payload":"e30"}', '{"body":[]}'].flatMap((content) => [
          content,
          forge.jwe({ content, to: [bob.agreement()] }),
        ]),
    },
    {
      rule: 'no JSON object',
      section: SECTION.plaintext,
      code: 'ERR_JSON_MALFORMED',
      broken: ({ forge, bob }) =>
        ['', 'hello', '[]', 'null', '"text"', '{"id":', '\uFEFF{}'].flatMap((content) => [
          content,
          forge.jwe({ content, to: [bob.agreement()] }),
        ]),
    },
    {
      rule: 'bytes that are not UTF-8',
      section: 'RFC 8259, 8.1',
      code: 'ERR_NOT_UTF8',
      broken: () => [new Uint8Array([0x7b, 0xff, 0x7d]), new Uint8Array([0xed, 0xa0, 0x80])],
    },
    {
      rule: 'more than 8 MiB, or JSON nested deeper than 100 (limits of this implementation)',
      section: 'Limits',
      code: 'ERR_TOO_LARGE',
      broken: (cast) => [
        ' '.repeat(8 * 1024 * 1024 + 1),
        new Uint8Array(8 * 1024 * 1024 + 1),
        ...['[', '{"a":'].map((open) => open.repeat(101)),
        ...inAndOut(cast, { body: JSON.parse(`${'{"a":'.repeat(100)}0${'}'.repeat(100)}`) }),
      ],
    },
  ],
  accepted: [
    {
      oddity: 'headers that nobody defined',
      section: SECTION.headers,
      accepted: (cast) => [
        ...inAndOut(cast, { '': 0, 'x-custom': { a: [1] }, constructor: null, tag: 'x', protected: {}, payload: 'x' }),
        JSON.stringify(cast.message()).replace('{', '{"__proto__":{"from":"did:example:mallory"},'),
      ],
    },
    {
      oddity: 'unknown headers with the names of members of envelopes, unless they are a whole envelope',
      section: SECTION.headers,
      accepted: (cast) =>
        inAndOut(
          cast,
          { ciphertext: 'x' },
          { ciphertext: 'x', iv: 'x', tag: 'x', recipients: [] },
          { payload: 'x', signature: 'x' },
          { payload: 'x', signatures: 'x' },
        ),
    },
    {
      oddity: '`body` is missing',
      section: SECTION.headers,
      accepted: (cast) => inAndOut(cast, { body: undefined }),
      result: () => ({ warnings: [] }),
    },
    {
      oddity: '`body` is null: read as empty, with a warning',
      section: SECTION.headers,
      accepted: (cast) => inAndOut(cast, { body: null }),
      result: () => ({ message: expect.objectContaining({ body: {} }), warnings: [expect.stringContaining('body')] }),
    },
    {
      oddity: '`typ` without `application/`, in capitals, `JWM`, or missing',
      section: SECTION.mediaTypes,
      accepted: (cast) =>
        inAndOut(
          cast,
          ...['didcomm-plain+json', 'Application/DIDComm-Plain+JSON', 'JWM', undefined].map((typ) => ({ typ })),
        ),
    },
    {
      oddity: '`created_time` or `expires_time` that are no integers: a warning',
      section: SECTION.headers,
      accepted: (cast) =>
        ['2026-01-01T00:00:00Z', 1.5, null, -0.5, 1e300].flatMap((time) => inAndOut(cast, { expires_time: time })),
      result: () => ({ warnings: [expect.stringContaining('expires_time')], expiresTime: null }),
    },
    {
      oddity: 'an `id` of more than 32 characters, or with other characters than the recommended',
      section: 'Message IDs',
      accepted: (cast) => inAndOut(cast, { id: '5D9A5B6E-5A3C-4B6E-9F7A-2D5C8E1F0A3B' }, { id: 'ä/ö'.repeat(50) }),
    },
    {
      oddity: '`from` and `to` of methods that are not supported',
      section: SECTION.headers,
      accepted: (cast) => inAndOut(cast, { from: 'did:unheard:of', to: [cast.bob.did, 'did:unheard:of'] }),
    },
    {
      oddity: 'attachments of every kind',
      section: SECTION.attachments,
      accepted: (cast) =>
        inAndOut(
          cast,
          { attachments: [] },
          data({ json: null }),
          data({ base64: 'not checked here' }),
          data({ links: [], hash: 'x' }),
          data({ jws: {} }),
        ),
    },
  ],
};
