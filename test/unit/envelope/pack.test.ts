import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import type { PlaintextMessage } from '../../../src/envelope/message.js';
import type { PackedMessage, PackOptions } from '../../../src/envelope/pack.js';
import { createCast } from '../../support/cast.js';
import { apvOf, base64url } from '../../support/forge.js';

const cast = await createCast(createNodePrimitives());
const { alice, bob, mallory, sender, receiver } = cast;

const MESSAGE: PlaintextMessage = { id: '1', type: 'https://example.org/test/1.0/ping' };

const JWE_HEADERS = { protected: 'x', recipients: [], iv: 'x', ciphertext: 'x', tag: 'x' };
const JWS_HEADERS = { protected: 'x', payload: 'x', signature: 'x' };

async function only(options: PackOptions, message = MESSAGE): Promise<PackedMessage> {
  const [packed, ...more] = await sender.pack(message, options);
  if (packed === undefined) throw new Error('nothing was packed');
  expect(more).toEqual([]);
  return packed;
}

function headerOf(text: unknown): JsonObject {
  return JSON.parse(Buffer.from(String(text), 'base64url').toString());
}

const BOB_X25519 = [bob.agreement().kid, bob.agreement('X25519', 2).kid];

describe('what is emitted: what every implementation that was measured accepts', () => {
  test('a plaintext message, with `typ` and `body`', async () => {
    const packed = await only({ mode: 'plain' });
    expect(packed).toMatchObject({ mediaType: 'application/didcomm-plain+json', to: null, recipientKeyIds: [] });
    expect(JSON.parse(packed.packed)).toEqual({ ...MESSAGE, typ: 'application/didcomm-plain+json', body: {} });
  });

  test('a general JWS, with `kid` in the unprotected header', async () => {
    const packed = await only({ mode: 'signed', signBy: alice.signature().kid });
    expect(packed).toMatchObject({ mediaType: 'application/didcomm-signed+json', to: null });
    const { payload, signatures, ...rest } = JSON.parse(packed.packed);
    expect(rest).toEqual({});
    expect(headerOf(payload)).toMatchObject({ ...MESSAGE, from: alice.did });
    expect(signatures).toEqual([
      { protected: expect.any(String), signature: expect.any(String), header: { kid: alice.signature().kid } },
    ]);
    expect(headerOf(signatures[0].protected)).toEqual({ typ: 'application/didcomm-signed+json', alg: 'EdDSA' });
  });

  test('authcrypt: a general JWE to all keys of the curve, and the header of the specification', async () => {
    const packed = await only({ mode: 'auth', from: alice.did, to: [bob.did] });
    expect(packed).toMatchObject({
      mediaType: 'application/didcomm-encrypted+json',
      to: bob.did,
      curve: 'X25519',
      recipientKeyIds: BOB_X25519,
    });
    const { recipients, ...jwe } = JSON.parse(packed.packed);
    expect(Object.keys(jwe).sort()).toEqual(['ciphertext', 'iv', 'protected', 'tag']);
    expect(recipients).toEqual(BOB_X25519.map((kid) => ({ header: { kid }, encrypted_key: expect.any(String) })));
    expect(headerOf(jwe.protected)).toEqual({
      typ: 'application/didcomm-encrypted+json',
      alg: 'ECDH-1PU+A256KW',
      enc: 'A256CBC-HS512',
      epk: { kty: 'OKP', crv: 'X25519', x: expect.any(String) },
      apv: apvOf(BOB_X25519),
      skid: alice.agreement().kid,
      apu: base64url(alice.agreement().kid),
    });
  });

  test.each(['A256CBC-HS512', 'A256GCM', 'XC20P'] as const)(
    'anoncrypt with %s, without `skid` and `apu`',
    async (enc) => {
      const { protected: header } = JSON.parse((await only({ mode: 'anon', to: [bob.did], enc })).packed);
      expect(headerOf(header)).toEqual({
        typ: 'application/didcomm-encrypted+json',
        alg: 'ECDH-ES+A256KW',
        enc,
        epk: { kty: 'OKP', crv: 'X25519', x: expect.any(String) },
        apv: apvOf(BOB_X25519),
      });
    },
  );

  test('with `hideSender` an anoncrypt layer is outside, and names no sender', async () => {
    const { packed } = await only({ mode: 'auth', from: alice.did, to: [bob.did], hideSender: true, enc: 'XC20P' });
    const header = headerOf(JSON.parse(packed).protected);
    expect(header).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'XC20P' });
    expect(JSON.stringify(header)).not.toContain(alice.did);
    const { from, layers } = await receiver.unpack(packed);
    expect([from, ...layers.map(({ kind }) => kind)]).toEqual([alice.did, 'anoncrypt', 'authcrypt']);
  });

  test('anoncrypt is A256CBC-HS512 unless something else is asked for', async () => {
    const { protected: header } = JSON.parse((await only({ mode: 'anon', to: [bob.did] })).packed);
    expect(headerOf(header).enc).toBe('A256CBC-HS512');
  });

  test('every message has its own ephemeral key, content key and initialisation vector', async () => {
    const packed = await Promise.all(Array.from({ length: 20 }, () => only({ mode: 'anon', to: [bob.did] })));
    const members = packed.map(({ packed }) => JSON.parse(packed));
    for (const read of [
      (jwe: JsonObject) => jwe.iv,
      (jwe: JsonObject) => jwe.ciphertext,
      (jwe: JsonObject) => JSON.stringify(headerOf(jwe.protected).epk),
    ]) {
      expect(new Set(members.map(read)).size).toBe(20);
    }
  });
});

describe('for whom', () => {
  test('`from`, `to`, `typ` and `body` are filled in, and all else stays', async () => {
    const message = { ...MESSAGE, thid: 't', 'x-other': [1] };
    const { packed } = await only({ mode: 'auth', from: alice.did, to: [bob.did] }, message);
    expect((await receiver.unpack(packed)).message).toEqual({
      ...message,
      typ: 'application/didcomm-plain+json',
      body: {},
      from: alice.did,
      to: [bob.did],
    });
  });

  test('several recipients get one envelope each, with the same plaintext', async () => {
    const packed = await sender.pack(MESSAGE, { mode: 'auth', from: alice.did, to: [bob.did, cast.peer4.did] });
    expect(packed.map(({ to }) => to)).toEqual([bob.did, cast.peer4.did]);
    const [one, two] = await Promise.all(packed.map(async ({ packed }) => (await receiver.unpack(packed)).message));
    expect(one).toEqual(two);
    expect(one?.to).toEqual([bob.did, cast.peer4.did]);
  });

  test('with `curves: all` a recipient gets one envelope for each curve that both have', async () => {
    const packed = await sender.pack(MESSAGE, { mode: 'auth', from: alice.did, to: [bob.did], curves: 'all' });
    expect(packed.map(({ curve }) => curve)).toEqual(['X25519', 'P-256', 'P-384', 'P-521']);
    for (const { packed: text } of packed) expect((await receiver.unpack(text)).from).toBe(alice.did);
  });

  test('one key of a recipient', async () => {
    const packed = await only({ mode: 'auth', from: alice.did, to: [bob.agreement('P-384').kid] });
    expect(packed).toMatchObject({ to: bob.did, curve: 'P-384', recipientKeyIds: [bob.agreement('P-384').kid] });
  });

  test('a message to somebody else does not open', async () => {
    const { packed } = await only({ mode: 'auth', from: alice.did, to: [mallory.did] });
    await expect(receiver.unpack(packed)).rejects.toMatchObject({ code: 'ERR_JWE_NO_RECIPIENT' });
  });
});

describe('what is not packed', () => {
  const auth = { mode: 'auth', from: alice.did, to: [bob.did] } as const;
  const refused: readonly (readonly [code: string, why: string, message: object, options: PackOptions])[] = [
    ['ERR_FROM_MISMATCH', 'authcrypt from another than `from`', { from: mallory.did }, auth],
    [
      'ERR_SIGNER_MISMATCH',
      'a signature by another than `from`',
      { from: mallory.did },
      { mode: 'signed', signBy: alice.signature().kid },
    ],
    [
      'ERR_SIGNER_MISMATCH',
      'the same inside anoncrypt',
      { from: mallory.did },
      { mode: 'anon', to: [bob.did], signBy: alice.signature().kid },
    ],
    ['ERR_TO_MISMATCH', 'a recipient whom `to` does not list', { to: [mallory.did] }, auth],
    ['ERR_MESSAGE_MALFORMED', 'a message without id', { id: '' }, auth],
    ['ERR_MESSAGE_MALFORMED', '`from` with a fragment', { from: alice.agreement().kid }, auth],
    ['ERR_MESSAGE_MALFORMED', 'headers that are a whole JWE', JWE_HEADERS, auth],
    ['ERR_MESSAGE_MALFORMED', 'headers that are a JWS', { payload: 'x', signatures: [] }, auth],
    ['ERR_MESSAGE_MALFORMED', 'headers that are a flattened JWS', JWS_HEADERS, { mode: 'plain' }],
    ['ERR_MEDIA_TYPE', 'another `typ`', { typ: 'application/json' }, auth],
    ['ERR_INVALID_ARGUMENT', 'no recipient', {}, { ...auth, to: [] }],
    ['ERR_INVALID_ARGUMENT', 'a key instead of the DID of the sender', {}, { ...auth, from: alice.agreement().kid }],
    ['ERR_SECRET_NOT_FOUND', 'from a DID whose keys are not held', {}, { ...auth, from: mallory.did }],
    [
      'ERR_SECRET_NOT_FOUND',
      'signed by a key that is not held',
      {},
      { mode: 'signed', signBy: mallory.signature().kid },
    ],
    [
      'ERR_KEY_NOT_AUTHORIZED',
      'signed by a key that is for key agreement',
      {},
      { mode: 'signed', signBy: alice.agreement('P-256').kid },
    ],
    ['ERR_KEY_NOT_AUTHORIZED', 'to a key that signs', {}, { ...auth, to: [bob.signature().kid] }],
    [
      'ERR_NO_COMMON_CURVE',
      'to a key of a curve that the sender lacks',
      {},
      { ...auth, from: cast.peer4.did, to: [bob.agreement('P-256').kid] },
    ],
    ['ERR_DID_NOT_FOUND', 'to a DID that does not exist', {}, { ...auth, to: ['did:gone:x'] }],
    ['ERR_DID_UNAVAILABLE', 'to a DID that cannot be resolved now', {}, { ...auth, to: ['did:away:x'] }],
    ['ERR_DID_METHOD', 'to a DID of an unknown method', {}, { ...auth, to: ['did:unheard:of'] }],
  ];

  test.each(refused)('%s: %s', async (code, _, message, options) => {
    await expect(sender.pack({ ...MESSAGE, ...message }, options)).rejects.toMatchObject({ code });
  });

  test('ERR_INVALID_ARGUMENT: a content encryption that does not exist', async () => {
    const options = JSON.parse(JSON.stringify({ mode: 'anon', to: [bob.did], enc: 'A128GCM' }));
    await expect(sender.pack(MESSAGE, options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

test.each([{ ciphertext: 'x' }, { payload: 'x', signature: 'x' }])(
  'unknown headers such as %o arrive',
  async (headers) => {
    const { packed } = await only({ mode: 'auth', from: alice.did, to: [bob.did] }, { ...MESSAGE, ...headers });
    expect((await receiver.unpack(packed)).message).toMatchObject(headers);
  },
);

describe('a rotation', () => {
  test('is packed and verified, as is the end of a relationship', async () => {
    const signBy = cast.peer4.signature().kid;
    const rotation = { priorDid: cast.peer4.did, keyId: signBy, issuedAt: 1_700_000_000 };
    const moved = await sender.packFromPrior({ signBy, did: alice.did, issuedAt: 1_700_000_000 });
    const { packed } = await only({ mode: 'auth', from: alice.did, to: [bob.did] }, { ...MESSAGE, from_prior: moved });
    expect(await receiver.unpack(packed)).toMatchObject({ from: alice.did, rotation: { ...rotation, did: alice.did } });

    const ended = await sender.packFromPrior({ signBy, issuedAt: 1_700_000_000 });
    const last = await only({ mode: 'anon', to: [bob.did] }, { ...MESSAGE, from_prior: ended });
    expect(await receiver.unpack(last.packed)).toMatchObject({ from: null, rotation: { ...rotation, did: null } });
  });
});
