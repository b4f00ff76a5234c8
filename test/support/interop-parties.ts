import type { AgreementCurve, PrivateJwk, PublicJwk, SignatureCurve } from '../../src/crypto/jwk.js';
import { encodeMultikey } from '../../src/crypto/multikey.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { createDid, type DidSecret } from '../../src/did/create.js';
import { staticDocuments } from '../../src/did/document.js';
import { encodePeer2 } from '../../src/did/peer2.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { createEnvelopes, type Envelopes } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import type { DidDocument, DidResolver } from '../../src/envelope/resolvers.js';

/*
 * Whoever takes part in a test: a DID with its private keys. Which keys a test needs is said by the curve, so that a
 * `Party` of any method and any number of keys can play the same part.
 */

export interface Party {
  readonly did: string;
  readonly secrets: readonly DidSecret[];
  /** Which of them the document lists for key agreement, and which for authentication; in its order. */
  readonly agreementKeys: readonly DidSecret[];
  readonly signatureKeys: readonly DidSecret[];
  /** Only for a DID that does not carry its document itself. */
  readonly document?: DidDocument;
}

export interface Keys {
  /** One key for each entry, in this order; the same curve may stand there several times. */
  readonly agreement: readonly AgreementCurve[];
  readonly signature: readonly SignatureCurve[];
}

/** A did:peer:2 with the given keys and services. */
export function peer2Party(primitives: Primitives, keys: Keys, services: readonly unknown[] = []): Party {
  const listed = [
    ...keys.agreement.map((curve) => ({ purpose: 'E' as const, jwk: primitives.generateKey(curve) })),
    ...keys.signature.map((curve) => ({ purpose: 'V' as const, jwk: primitives.generateKey(curve) })),
  ];
  const did = encodePeer2(
    listed.map(({ purpose, jwk }) => ({ purpose, multikey: encodeMultikey(primitives, jwk) })),
    services,
  );
  const secrets = listed.map(({ jwk }, index) => ({ ...jwk, kid: `${did}#key-${index + 1}` }));
  const agreementKeys = secrets.slice(0, keys.agreement.length);
  return { did, secrets, agreementKeys, signatureKeys: secrets.slice(keys.agreement.length) };
}

/** A did:key or did:jwk, whose one key serves for everything that its curve allows. */
export function oneKeyParty(primitives: Primitives, method: 'key' | 'jwk', curve: 'Ed25519' | 'P-256'): Party {
  const { did, secrets, document } = createDid(primitives, { method, curve });
  const agreementKeys = secrets.filter(({ kid }) => document.keyAgreement?.includes(kid));
  const signatureKeys = secrets.filter(({ kid }) => document.authentication?.includes(kid));
  return { did, secrets, agreementKeys, signatureKeys };
}

/** A DID with a document that is given by hand, in the JsonWebKey2020 form of the specification's own examples. */
export function documentParty(
  primitives: Primitives,
  did: string,
  keys: Keys,
  service: readonly unknown[] = [],
): Party & { readonly document: DidDocument } {
  const secretsOf = (curves: readonly (AgreementCurve | SignatureCurve)[], use: string): DidSecret[] =>
    curves.map((curve, index) => ({ ...primitives.generateKey(curve), kid: `${did}#${use}-${index + 1}` }));
  const agreementKeys = secretsOf(keys.agreement, 'agreement');
  const signatureKeys = secretsOf(keys.signature, 'signature');
  const secrets = [...agreementKeys, ...signatureKeys];
  const document = {
    id: did,
    verificationMethod: secrets.map((secret) => ({
      id: secret.kid,
      type: 'JsonWebKey2020',
      controller: did,
      publicKeyJwk: publicPart(secret),
    })),
    keyAgreement: agreementKeys.map((secret) => secret.kid),
    authentication: signatureKeys.map((secret) => secret.kid),
    service,
  } as unknown as DidDocument;
  return { did, secrets, agreementKeys, signatureKeys, document };
}

/** The key that `party` signs with on `curve`, where it has one. */
export function signatureKeyId(party: Party, curve: SignatureCurve): string | undefined {
  return party.signatureKeys.find((key) => key.crv === curve)?.kid;
}

export function agreementKeyIds(party: Party): string[] {
  return party.agreementKeys.map((key) => key.kid);
}

function publicPart(jwk: PrivateJwk): PublicJwk {
  const { kty, crv, x } = jwk;
  return (jwk.kty === 'EC' ? { kty, crv, x, y: jwk.y } : { kty, crv, x }) as PublicJwk;
}

/** The resolver that waypost runs with, knowing the documents of those `parties` that have one. */
export function resolverFor(primitives: Primitives, parties: readonly Party[]): DidResolver {
  return createDidResolver({
    primitives,
    longForms: createMemoryMap(100),
    documents: staticDocuments(parties.flatMap((party) => party.document ?? [])),
  });
}

/** Envelopes for whoever holds `secrets`. */
export function envelopesFor(primitives: Primitives, resolver: DidResolver, secrets: readonly DidSecret[]): Envelopes {
  const canonical = resolver.canonical.bind(resolver);
  return createEnvelopes({
    primitives,
    resolver,
    secrets: createLocalSecrets({ primitives, keys: secrets, canonical }),
  });
}
