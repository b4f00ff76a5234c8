import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.js';
import { encodeMultibase58 } from '../../../src/crypto/multikey.js';
import { encodePeer4, resolvePeer4 } from '../../../src/did/peer4.js';
import { multihashOf, splitPeer4 } from '../../../src/did/short-form.js';
import { codeOf, ED25519_KEY, primitives } from './support.js';

const METHOD = { id: '#key-1', type: 'Multikey', publicKeyMultibase: ED25519_KEY };
const shortOf = (did: string): string => splitPeer4(did)?.short ?? '';
const resolveInput = (input: Record<string, unknown>) => resolvePeer4(primitives, encodePeer4(primitives, input));
/** A long form with a right hash over any bytes. */
const longFormOf = (bytes: Uint8Array): string => {
  const text = encodeMultibase58(bytes);
  return `did:peer:4${multihashOf(primitives, text)}:${text}`;
};
const json = (text: string): Uint8Array => concatBytes(new Uint8Array([0x80, 0x04]), utf8(text));

describe('did:peer:4', () => {
  const input = {
    verificationMethod: [METHOD],
    authentication: ['#key-1', 'did:example:other#key-9'],
    assertionMethod: [{ ...METHOD, id: '#key-2', controller: 'did:example:other' }],
    service: [{ id: '#queue', type: 'DIDCommMessaging', serviceEndpoint: { uri: 'didcomm:transport/queue' } }],
    extra: { kept: true },
  };
  const long = encodePeer4(primitives, input);
  const short = shortOf(long);

  it.each([
    ['long', long, short],
    ['short', short, long],
  ])('%s form: id, controller and ids are filled in', (_, did, other) => {
    expect(resolvePeer4(primitives, long, did)).toEqual({
      id: did,
      alsoKnownAs: [other],
      verificationMethod: [{ ...METHOD, id: `${did}#key-1`, controller: did }],
      authentication: [`${did}#key-1`, 'did:example:other#key-9'],
      assertionMethod: [{ ...METHOD, id: `${did}#key-2`, controller: 'did:example:other' }],
      service: [{ ...input.service[0], id: `${did}#queue` }],
      extra: { kept: true },
    });
  });

  it('keeps what the document is also known as and adds the other form', () => {
    const document = resolveInput({ alsoKnownAs: ['https://example.com/me'] });
    expect(document.alsoKnownAs).toEqual(['https://example.com/me', shortOf(document.id)]);
  });

  it('has its own id whatever the input document says', () => {
    expect(resolveInput({ id: 'did:example:victim' }).id).toMatch(/^did:peer:4zQm/);
  });

  it.each([
    ['with a hash of another document', `${short}:${splitPeer4(encodePeer4(primitives, {}))?.encodedDocument}`],
    ['with a changed document', `${long.slice(0, -1)}${long.endsWith('2') ? '3' : '2'}`],
    ['without a document', `${short}:`],
    ['with another multicodec', longFormOf(concatBytes(new Uint8Array([0xa9, 0x02]), utf8('{}')))],
    ['with no JSON', longFormOf(json('{'))],
    ['with a list', longFormOf(json('[]'))],
    ['with bytes that are not UTF-8', longFormOf(concatBytes(json('{"x":"'), new Uint8Array([0xff]), utf8('"}')))],
    ['with JSON nested too deep', longFormOf(json(`{"x":${'['.repeat(40)}${']'.repeat(40)}}`))],
    ['with keys that are no list', longFormOf(json('{"verificationMethod":{}}'))],
    ['with a key of text', longFormOf(json('{"verificationMethod":["#key-1"]}'))],
    ['with a reference of null', longFormOf(json('{"authentication":[null]}'))],
    ['with alsoKnownAs that is no list', longFormOf(json('{"alsoKnownAs":"did:example:me"}'))],
    ['with a service without endpoint', longFormOf(json('{"service":[{"id":"#s","type":"DIDCommMessaging"}]}'))],
    [
      "with somebody else's key id",
      encodePeer4(primitives, { verificationMethod: [{ ...METHOD, id: 'did:key:z#z' }] }),
    ],
    ['with too many keys', longFormOf(json(`{"authentication":[${Array(65).fill('"#a"').join()}]}`))],
    ['that is too long', `did:peer:4${multihashOf(primitives, `z${'2'.repeat(4096)}`)}:z${'2'.repeat(4096)}`],
  ])('%s is refused', (_, did) => {
    expect(codeOf(() => resolvePeer4(primitives, did))).toBe('ERR_DID_MALFORMED');
  });

  it('is not written for a document that could not be read again', () => {
    const filled = (length: number) => ({ x: 'x'.repeat(length - '{"x":""}'.length) });
    expect(resolveInput(filled(2046)).x).toHaveLength(2038);
    expect(codeOf(() => encodePeer4(primitives, filled(2047)))).toBe('ERR_TOO_LARGE');
  });
});
