import { quote, WaypostError } from '../core/errors.js';
import { requireSameCurve } from '../crypto/checks.js';
import { type PrivateJwk, type PublicJwk, toPrivateJwk } from '../crypto/jwk.js';
import { encodeMultikey } from '../crypto/multikey.js';
import type { Agreement, Primitives, PrivateKey, PublicKey } from '../crypto/primitives.js';
import { didOf, fragmentOf, isKeyId } from './did-url.js';
import type { SecretsResolver } from './resolvers.js';

/** What {@link createLocalSecrets} needs. */
export interface LocalSecretsOptions {
  /** They import the keys, and must be those that the envelopes use. */
  readonly primitives: Primitives;
  /** Private JWKs, each with its absolute DID URL as `kid`. */
  readonly keys: readonly unknown[];
  /** As `DidResolver.canonical`: finds a key under another spelling of its DID. */
  readonly canonical?: (did: string) => string;
  /** For agreements with keys that are used once. Default: in this thread. */
  readonly agreement?: Agreement | undefined;
}

/**
 * Private keys held in this process. They are checked once, then live in this closure only: nothing gives them out
 * again, and no error quotes them. Throws ERR_KEY_INVALID, ERR_KEY_UNSUPPORTED for a bad key.
 */
export function createLocalSecrets(options: LocalSecretsOptions): SecretsResolver {
  const { primitives, canonical = (did: string) => did, agreement } = options;
  const held = new Map<string, PrivateKey>();
  const nameOf = (keyId: string): string => {
    const fragment = fragmentOf(keyId);
    return fragment === undefined ? keyId : `${canonical(didOf(keyId))}#${fragment}`;
  };
  for (const [index, given] of options.keys.entries()) {
    const keyId = (given as { kid?: unknown } | null)?.kid;
    if (!isKeyId(keyId)) {
      throw new WaypostError('ERR_KEY_INVALID', `private key ${index} has no absolute DID URL as its kid`);
    }
    const jwk: PrivateJwk = toPrivateJwk(given, `private key ${quote(keyId, 200)}`);
    const key = primitives.importPrivateKey(jwk);
    held.set(nameOf(keyId), key);
    // Older did:peer:2 software names our keys by their multibase value, with or without the leading "z".
    const value = encodeMultikey(primitives, key.publicJwk);
    for (const alias of [nameOf(`${didOf(keyId)}#${value}`), nameOf(`${didOf(keyId)}#${value.slice(1)}`)]) {
      if (!held.has(alias)) held.set(alias, key);
    }
  }
  /** Shared secrets of two static keys: each saves one agreement a message, and goes with the peer's document. */
  const agreed = new WeakMap<PublicJwk, Map<PrivateKey, Uint8Array>>();
  const find = (keyId: string): PrivateKey | undefined => held.get(keyId) ?? held.get(nameOf(keyId));
  const get = (keyId: string): PrivateKey => {
    const key = find(keyId);
    if (key === undefined)
      throw new WaypostError('ERR_SECRET_NOT_FOUND', `no private key ${quote(keyId, 200)} is held`);
    return key;
  };
  const importPeer = (key: PrivateKey, peer: PublicJwk): PublicKey => {
    requireSameCurve(key, peer);
    return primitives.importPublicKey(peer);
  };

  return {
    find: (keyIds) => keyIds.filter((keyId) => find(keyId) !== undefined),
    agree(keyId, peer, peerIsStatic) {
      const key = get(keyId);
      if (!peerIsStatic) return agreement?.(key, peer) ?? primitives.agree(key, importPeer(key, peer));
      let secrets = agreed.get(peer);
      if (secrets === undefined) {
        secrets = new Map();
        agreed.set(peer, secrets);
      }
      let secret = secrets.get(key);
      if (secret === undefined) {
        secret = primitives.agree(key, importPeer(key, peer));
        secrets.set(key, secret);
      }
      return secret;
    },
    sign: (keyId, algorithm, data) => primitives.sign(algorithm, get(keyId), data),
  };
}
