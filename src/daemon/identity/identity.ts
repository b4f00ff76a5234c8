import type { Clock } from '../../core/clock.js';
import type { Primitives } from '../../crypto/primitives.js';
import { createDid, type DidSecret } from '../../did/create.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import { newMessageId } from '../../envelope/message.js';
import { type PublicUrl, socketUrlOf } from '../public-url.js';

/** One DID of this gateway, with its private keys. */
export interface OwnDid {
  readonly did: string;
  /** Where its document says that it is reached. */
  readonly publicUrls: readonly PublicUrl[];
  readonly secrets: readonly DidSecret[];
  /** A proof for each earlier DID that this one took its place (DIDComm v2.1, "DID Rotation"). */
  readonly fromPrior: readonly FromPrior[];
}

export interface FromPrior {
  readonly did: string;
  /** The value of the `from_prior` header. */
  readonly jwt: string;
}

/** Who this gateway is and was. */
export interface Identity {
  readonly current: OwnDid;
  /** Earlier DIDs, the newest first. They stay served: not everybody hears of a rotation. */
  readonly former: readonly OwnDid[];
  /** The id of the invitation; the same for as long as the identity lives, so that a printed code stays good. */
  readonly invitationId: string;
}

/** A fresh identity: a did:peer:2 with an X25519 and an Ed25519 key, reached at the given URLs. */
export function createIdentity(primitives: Primitives, publicUrls: readonly PublicUrl[]): Identity {
  return { current: createOwnDid(primitives, publicUrls), former: [], invitationId: newMessageId(primitives) };
}

/** The same identity under a fresh DID, with a proof signed by each DID that it had. `clock` dates the proofs. */
export async function rotateIdentity(
  primitives: Primitives,
  identity: Identity,
  publicUrls: readonly PublicUrl[],
  clock: Clock,
): Promise<Identity> {
  const current = createOwnDid(primitives, publicUrls);
  const former = [identity.current, ...identity.former];
  const resolver = createDidResolver({ primitives, longForms: createMemoryMap(former.length) });
  const issuedAt = Math.floor(clock.nowMs() / 1000);
  const fromPrior: FromPrior[] = [];
  for (const { did, secrets: keys } of former) {
    const secrets = createLocalSecrets({ primitives, keys, canonical: resolver.canonical.bind(resolver) });
    const envelopes = createEnvelopes({ primitives, resolver, secrets });
    const signBy = keys.find((key) => key.crv === 'Ed25519')?.kid ?? did;
    fromPrior.push({ did, jwt: await envelopes.packFromPrior({ signBy, did: current.did, issuedAt }) });
  }
  return { ...identity, current: { ...current, fromPrior }, former };
}

/** Every private key, for `createLocalSecrets`. */
export function allSecrets(identity: Identity): readonly DidSecret[] {
  return [identity.current, ...identity.former].flatMap((own) => own.secrets);
}

function createOwnDid(primitives: Primitives, publicUrls: readonly PublicUrl[]): OwnDid {
  const uris = publicUrls.flatMap((url) => [url, socketUrlOf(url)]).filter((uri) => uri !== undefined);
  const services = [...new Set(uris)].map((uri) => ({ t: 'dm', s: { uri, a: ['didcomm/v2'] } }));
  const { did, secrets } = createDid(primitives, { method: 'peer2', services });
  return { did, publicUrls, secrets, fromPrior: [] };
}
