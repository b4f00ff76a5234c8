import { expect } from 'vitest';
import type { DidSecret } from '../../../../src/did/create.js';
import type { Cast, Person } from '../../../support/cast.js';
import { type Rules, SECTION } from './rule.js';

const FORMS = 'Peer DID Method, "Method 3" and "Method 4"';
const OLD_KEY_IDS = 'Peer DID Method, "Method 2", before the numbered ids';

/** A key under the long and the short form of its DID, and both forms: of a did:peer:4, and of a did:peer:2 and 3. */
function inBothForms(
  { peer4, peer2 }: Cast,
  keyOf: (person: Person) => DidSecret,
): readonly (readonly [long: DidSecret, short: DidSecret, longDid: string, shortDid: string])[] {
  return [peer4, peer2].map((person) => {
    const key = keyOf(person);
    return [key, { ...key, kid: key.kid.replace(person.did, person.short) }, person.did, person.short];
  });
}

/** A message from Alice that says who she was before. */
function rotated({ forge, alice, bob, message }: Cast, priorKey: DidSecret, priorDid: string): string {
  const content = message({ from_prior: forge.jwt(priorKey, { iss: priorDid, sub: alice.did }) });
  return forge.jwe({ content, from: alice.agreement(), to: [bob.agreement()] });
}

/** Different names of one DID or one key. */
export const spellingRules: Rules = {
  subject: 'Several names of one DID or key',
  refused: [
    {
      rule: 'a did:peer:4 that has the hash of one document and carries another',
      section: 'Peer DID Method, "Method 4"',
      code: 'ERR_DID_MALFORMED',
      broken: ({ forge, peer4, otherPeer4, bob, message }) => {
        // The document is Mallory's own, so that she holds the keys; the short form is the one that Bob knows.
        const did = otherPeer4.did.replace(otherPeer4.short, peer4.short);
        const renamed = (key: DidSecret): DidSecret => ({ ...key, kid: key.kid.replace(otherPeer4.did, did) });
        return [peer4.did, peer4.short, did].flatMap((from) => [
          forge.jwe({ content: message({ from }), from: renamed(otherPeer4.agreement()), to: [bob.agreement()] }),
          forge.jws(message({ from }), [{ key: renamed(otherPeer4.signature()) }]),
        ]);
      },
    },
  ],
  accepted: [
    {
      oddity: "the short or the long form of the recipient's did:peer in `kid`, the other one in `to`",
      section: FORMS,
      accepted: (cast) =>
        inBothForms(cast, (person) => person.agreement()).flatMap(([longKey, shortKey, longDid, shortDid]) => {
          const pack = (to: DidSecret, did: string): string =>
            cast.forge.jwe({ content: cast.message({ to: [did] }), from: cast.alice.agreement(), to: [to] });
          return [pack(shortKey, longDid), pack(longKey, shortDid), pack(shortKey, shortDid)];
        }),
    },
    {
      oddity: 'a recipient key named by its multibase value, with or without the leading `z`',
      section: OLD_KEY_IDS,
      accepted: ({ forge, alice, peer2, message }) =>
        [peer2.agreementValue, peer2.agreementValue.slice(1)].map((value) =>
          forge.jwe({
            content: message({ to: [peer2.did] }),
            from: alice.agreement(),
            to: [{ ...peer2.agreement(), kid: `${peer2.did}#${value}` }],
          }),
        ),
    },
    {
      oddity: "the short or the long form of the sender's did:peer in `skid`, the other one in `from`",
      section: FORMS,
      accepted: (cast) =>
        inBothForms(cast, (person) => person.agreement()).flatMap(([longKey, shortKey, longDid, shortDid]) => {
          const pack = (from: DidSecret, did: string): string =>
            cast.forge.jwe({ content: cast.message({ from: did }), from, to: [cast.bob.agreement()] });
          return [pack(shortKey, longDid), pack(longKey, shortDid), pack(shortKey, shortDid)];
        }),
      result: () => ({ authenticated: true, from: expect.stringMatching(/^did:peer:/) }),
    },
    {
      oddity: 'a sender key named by its multibase value, with or without the leading `z`',
      section: OLD_KEY_IDS,
      accepted: ({ forge, peer2, bob, message }) =>
        [peer2.agreementValue, peer2.agreementValue.slice(1)].map((value) =>
          forge.jwe({
            content: message({ from: peer2.did }),
            from: { ...peer2.agreement(), kid: `${peer2.did}#${value}` },
            to: [bob.agreement()],
          }),
        ),
      result: ({ peer2 }) => ({ authenticated: true, from: peer2.did }),
    },
    {
      oddity: '`kid` and `skid` with a query in the DID URL',
      section: SECTION.keyIds,
      accepted: ({ forge, alice, bob, message }) => {
        const withQuery = (key: DidSecret): DidSecret => ({ ...key, kid: key.kid.replace('#', '?versionId=1#') });
        return [
          forge.jwe({ content: message(), from: withQuery(alice.agreement()), to: [withQuery(bob.agreement())] }),
        ];
      },
      result: ({ alice }) => ({ from: alice.did }),
    },
    {
      oddity: "the short or the long form of the signer's did:peer in `kid`, the other one in `from`",
      section: FORMS,
      accepted: (cast) =>
        inBothForms(cast, (person) => person.signature()).flatMap(([longKey, shortKey, longDid, shortDid]) => [
          cast.forge.jws(cast.message({ from: longDid }), [{ key: shortKey }]),
          cast.forge.jws(cast.message({ from: shortDid }), [{ key: longKey }]),
        ]),
    },
    {
      oddity: 'a signer key named by its multibase value, with or without the leading `z`',
      section: OLD_KEY_IDS,
      accepted: ({ forge, peer2, message }) =>
        [peer2.signatureValue, peer2.signatureValue.slice(1)].map((value) =>
          forge.jws(message({ from: peer2.did }), [{ key: { ...peer2.signature(), kid: `${peer2.did}#${value}` } }]),
        ),
    },
    {
      oddity: 'the short and the long form of one did:peer in the `iss` and `kid` of `from_prior`',
      section: FORMS,
      accepted: (cast) =>
        inBothForms(cast, (person) => person.signature()).flatMap(([longKey, shortKey, longDid, shortDid]) => [
          rotated(cast, shortKey, longDid),
          rotated(cast, longKey, shortDid),
        ]),
    },
  ],
};
