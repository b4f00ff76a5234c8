import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createDid } from '../../../src/did/create.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import { attachmentBytes } from '../../../src/envelope/attachment.js';
import { createEnvelopes, type Envelopes } from '../../../src/envelope/envelopes.js';
import { FORWARD_TYPE } from '../../../src/envelope/forward.js';
import { createLocalSecrets } from '../../../src/envelope/local-secrets.js';
import { findRoutes } from '../../../src/envelope/route.js';

const primitives = createNodePrimitives();
const resolver = createDidResolver({ primitives, longForms: createMemoryMap(100) });

interface Agent extends Envelopes {
  readonly did: string;
  readonly keyIds: readonly string[];
}

function agent(method: 'key' | 'peer2' | 'peer4', services: readonly unknown[] = []): Agent {
  const { did, document, secrets } = createDid(primitives, method === 'key' ? { method } : { method, services });
  const keyIds = (document.keyAgreement ?? []).map((key) => (typeof key === 'string' ? key : key.id));
  const canonical = (name: string): string => resolver.canonical(name);
  const keys = createLocalSecrets({ primitives, keys: secrets, canonical });
  return { did, keyIds, ...createEnvelopes({ primitives, resolver, secrets: keys }) };
}

function service(uri: string, routingKeys: readonly string[] = []) {
  return { type: 'DIDCommMessaging', serviceEndpoint: { uri, accept: ['didcomm/v2'], routingKeys } };
}

/** What a mediator does: opens one forward and takes out whom its content is for, and that content. */
async function openForward(
  mediator: Agent,
  packed: string,
): Promise<{ next: unknown; content: string; message: JsonObject }> {
  const { message, from, encrypted, anonymous } = await mediator.unpack(packed);
  expect({ from, encrypted, anonymous }).toEqual({ from: null, encrypted: true, anonymous: true });
  const { body, attachments = [] } = message;
  const [attachment, ...more] = attachments;
  if (attachment === undefined) throw new Error('a forward without attachment');
  expect(more).toEqual([]);
  const content = new TextDecoder().decode(attachmentBytes(attachment));
  return { next: body?.next, content, message };
}

const alice = agent('peer2');
const MESSAGE = {
  id: '1',
  type: 'https://example.org/test/1.0/ping',
  body: { text: 'ä "quoted" \\ 😀', n: [1, null] },
};

async function packedFor(bob: Agent): Promise<string> {
  const [only] = await alice.pack(MESSAGE, { mode: 'auth', from: alice.did, to: [bob.did] });
  if (only === undefined) throw new Error('nothing was packed');
  return only.packed;
}

describe('wrapping (DIDComm v2.1, "Sender Process to Enable Forwarding")', () => {
  const [first, second, third, bob] = [agent('peer2'), agent('key'), agent('peer4'), agent('peer2')];

  test('the first routing key is reached first, and each names the next', async () => {
    const packed = await packedFor(bob);
    const routingKeys = [first.did, second.did, third.did];
    const wrapped = await alice.wrapForward(packed, { next: bob.did, routingKeys });

    const one = await openForward(first, wrapped);
    expect(one.next).toBe(second.did);
    const two = await openForward(second, one.content);
    expect(two.next).toBe(third.did);
    const three = await openForward(third, two.content);
    expect(three.next).toBe(bob.did);

    expect(three.content).toBe(packed); // so every byte of it, signatures over the header included, is what was packed
    expect((await bob.unpack(three.content)).message).toMatchObject(MESSAGE);
  });

  test('a mediator opens nothing but its own layer', async () => {
    const wrapped = await alice.wrapForward(await packedFor(bob), {
      next: bob.did,
      routingKeys: [first.did, second.did],
    });
    const { content } = await openForward(first, wrapped);
    for (const [who, packed] of [
      [second, wrapped],
      [first, content],
      [bob, wrapped],
      [third, content],
    ] as const) {
      await expect(who.unpack(packed)).rejects.toMatchObject({ code: 'ERR_JWE_NO_RECIPIENT' });
    }
  });

  test('a routing key may be one key of a mediator', async () => {
    const keyId = String(first.keyIds[0]);
    const wrapped = await alice.wrapForward(await packedFor(bob), { next: bob.did, routingKeys: [keyId] });
    const { recipients } = JSON.parse(wrapped);
    expect(recipients.map((recipient: { header: { kid: string } }) => recipient.header.kid)).toEqual([keyId]);
    const { next, message } = await openForward(first, wrapped);
    expect(next).toBe(bob.did);
    expect(message.to).toEqual([first.did]);
  });

  test('the last hop may be told a key instead of a DID', async () => {
    const next = String(bob.keyIds[0]);
    const wrapped = await alice.wrapForward(await packedFor(bob), { next, routingKeys: [first.did] });
    expect((await openForward(first, wrapped)).next).toBe(next);
  });

  test('the forward is one, with a media type and an expiry where one is given', async () => {
    const options = { next: bob.did, routingKeys: [first.did], expiresTime: 1_900_000_000 };
    const { message } = await openForward(first, await alice.wrapForward(await packedFor(bob), options));
    expect(message).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      typ: 'application/didcomm-plain+json',
      type: FORWARD_TYPE,
      to: [first.did],
      expires_time: 1_900_000_000,
      body: { next: bob.did },
      attachments: [{ media_type: 'application/didcomm-encrypted+json', data: { json: expect.any(Object) } }],
    });
  });

  test('without routing keys the message stays as it is', async () => {
    const packed = await packedFor(bob);
    expect(await alice.wrapForward(packed, { next: bob.did, routingKeys: [] })).toBe(packed);
  });

  test.each([
    ['ERR_MESSAGE_MALFORMED', 'a text that is no DID', 'mediator'],
    ['ERR_DID_METHOD', 'a method that is not supported', 'did:unheard:of'],
    ['ERR_KEY_NOT_AUTHORIZED', 'a key that its DID does not list', `${first.did}#key-9`],
    ['ERR_KEY_NOT_AUTHORIZED', 'a key that signs only', `${first.did}#key-2`],
  ])('%s: a routing key that is %s', async (code, _, routingKey) => {
    const packed = await packedFor(bob);
    await expect(alice.wrapForward(packed, { next: bob.did, routingKeys: [routingKey] })).rejects.toMatchObject({
      code,
    });
  });

  test('ERR_JSON_MALFORMED: what is to be wrapped is no JSON object', async () => {
    const options = { next: bob.did, routingKeys: [first.did] };
    await expect(alice.wrapForward('a.b.c.d.e', options)).rejects.toMatchObject({ code: 'ERR_JSON_MALFORMED' });
  });

  test('ERR_TOO_LARGE: a service with hundreds of routing keys does not keep us busy', async () => {
    const packed = await packedFor(bob);
    const routingKeys = Array.from({ length: 500 }, () => first.did);
    await expect(alice.wrapForward(packed, { next: bob.did, routingKeys })).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });
});

test('a route that is found is a route that works', async () => {
  const outer = agent('peer2', [service('https://outer.example')]);
  const inner = agent('peer4', [service(outer.did)]);
  const gate = agent('key');
  const bob = agent('peer2', [service(inner.did, [String(gate.keyIds[0])])]);

  const [route] = await findRoutes(resolver, bob.did);
  if (route === undefined) throw new Error('no route');
  expect(route.uri).toBe('https://outer.example');

  let packed = await alice.wrapForward(await packedFor(bob), { next: bob.did, routingKeys: route.routingKeys });
  const hops: unknown[] = [];
  for (const mediator of [outer, inner, gate]) {
    const { next, content } = await openForward(mediator, packed);
    hops.push(next);
    packed = content;
  }
  expect(hops).toEqual([inner.did, gate.did, bob.did]);
  expect(await bob.unpack(packed)).toMatchObject({ from: alice.did, message: MESSAGE });
});
