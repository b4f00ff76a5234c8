import { describe, expect, it } from 'vitest';
import { createDidResolver } from '../../../src/did/resolver.js';
import { bothPrimitives, countingMap, sharedVectors } from './support.js';

interface DidMethodVectors {
  peer4: { long: string; short: string };
  peer3: { from: string; did: string };
  peer2_multi: string;
  peer2_legacy_s_string: string;
  key_ed_to_x: { did: string; x25519: string };
  jwk_x25519: string;
}

const vectors = sharedVectors('did-methods.json') as DidMethodVectors | undefined;

describe.skipIf(vectors === undefined)('shared vectors of DID methods', () => {
  const given = vectors as DidMethodVectors;

  describe.each(bothPrimitives)('with $name', (primitives) => {
    const newResolver = () => createDidResolver({ primitives, longForms: countingMap() });
    const resolve = async (did: string) => (await newResolver().resolve(did)) ?? expect.fail(`${did} does not exist`);
    const methodIdsOf = async (did: string) => (await resolve(did)).verificationMethod?.map((method) => method.id);

    it('did:peer:4 long and short', async () => {
      const resolver = newResolver();
      const { long, short } = given.peer4;
      for (const [did, other] of [
        [long, short],
        [short, long],
      ] as const) {
        const method = (fragment: string, type: string, publicKeyMultibase: string) => {
          return { id: `${did}${fragment}`, type, controller: did, publicKeyMultibase };
        };
        expect(await resolver.resolve(did)).toMatchObject({
          id: did,
          alsoKnownAs: [other],
          verificationMethod: [
            method('#6LSqPZfn', 'X25519KeyAgreementKey2020', 'z6LSqPZfn9krvgXma2icTMKf2uVcYhKXsudCmPoUzqGYW24U'),
            method('#6MkrCD1c', 'Ed25519VerificationKey2020', 'z6MkrCD1csqtgdj8sjrsu8jxcbeyP6m7LiK87NzhfWqio5yr'),
          ],
          authentication: [`${did}#6MkrCD1c`],
          assertionMethod: [`${did}#6MkrCD1c`],
          keyAgreement: [`${did}#6LSqPZfn`],
          service: [{ id: `${did}#didcommmessaging-0`, type: 'DIDCommMessaging' }],
        });
      }
      expect(resolver.canonical(long)).toBe(short);
    });

    it('did:peer:3 of a did:peer:2', async () => {
      const resolver = newResolver();
      expect(resolver.canonical(given.peer3.from)).toBe(given.peer3.did);
      expect((await resolver.resolve(given.peer3.from))?.alsoKnownAs).toEqual([given.peer3.did]);
      expect((await resolver.resolve(given.peer3.did))?.keyAgreement).toEqual([`${given.peer3.did}#key-1`]);
    });

    it('did:peer:2 with two services', async () => {
      const did = given.peer2_multi;
      expect(await methodIdsOf(did)).toEqual([`${did}#key-1`, `${did}#key-2`]);
      expect((await resolve(did)).service?.map((service) => service.id)).toEqual([
        `${did}#service`,
        `${did}#service-1`,
      ]);
    });

    it('did:peer:2 with a text endpoint', async () => {
      const did = given.peer2_legacy_s_string;
      const document = await resolve(did);
      expect(document.authentication).toEqual([`${did}#key-2`, `${did}#key-3`]);
      expect(document.service?.[0]?.serviceEndpoint).toEqual({
        uri: 'https://example.com/endpoint',
        accept: ['didcomm/v2', 'didcomm/aip2;env=rfc587'],
        routingKeys: ['did:example:somemediator#somekey'],
      });
    });

    it('did:key with a derived X25519 key', async () => {
      const { did, x25519 } = given.key_ed_to_x;
      expect((await resolve(did)).keyAgreement).toEqual([`${did}#${x25519}`]);
    });

    it('did:jwk with an X25519 key', async () => {
      const did = given.jwk_x25519;
      const document = await resolve(did);
      expect(document.keyAgreement).toEqual([`${did}#0`]);
      expect(document.authentication).toBeUndefined();
    });
  });
});
