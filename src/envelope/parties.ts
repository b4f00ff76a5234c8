import { fromBase64url, toBase64url } from '../core/base64url.js';
import { BoundedCache } from '../core/bounded-cache.js';
import { fromUtf8, utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { kdfOtherInfo } from '../crypto/concat-kdf.js';
import type { Primitives } from '../crypto/primitives.js';
import { isKeyId } from './did-url.js';

/** The two `alg` values of encrypted messages (DIDComm v2.1, "Key Wrapping Algorithms"). */
export const AUTHCRYPT_ALG = 'ECDH-1PU+A256KW';
export const ANONCRYPT_ALG = 'ECDH-ES+A256KW';
type KeyWrappingAlg = typeof AUTHCRYPT_ALG | typeof ANONCRYPT_ALG;

/** Who takes part in an encrypted message, in the forms that its header and its key derivation need. */
export interface Parties {
  /** What `apv` must be: the hash of the recipients' key ids. */
  readonly apv: string;
  /** `alg`, `apu` and `apv` as the Concat KDF takes them. */
  readonly otherInfo: Uint8Array;
  /** The text of `apu`; with authcrypt only. */
  readonly senderKeyId: string | undefined;
}

const MAX_ENTRIES = 500;
/** Of the names that an entry is found by: strangers choose how long they are. */
const MAX_KEY_CHARS = 4096;

/**
 * Works out {@link Parties}, and remembers them: two peers that write to each other are the same parties in every
 * message, and working them out costs a tenth of opening a short one.
 */
export class PartiesCache {
  readonly #primitives: Primitives;
  readonly #known = new BoundedCache<string, Parties>(MAX_ENTRIES);

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  /**
   * `apu` is the header value, empty where it is absent; `keyIds` are the recipients' and valid.
   * Throws ERR_BASE64URL, ERR_NOT_UTF8, ERR_JWE_APU, ERR_JWE_SKID for an `apu` that is none.
   */
  of(alg: KeyWrappingAlg, apu: string, keyIds: readonly string[]): Parties {
    // Key ids hold neither blanks nor line breaks, so no two cases share a name, whatever `apu` is.
    const name = `${alg}\n${keyIds.join(' ')}\n${apu}`;
    let parties = this.#known.get(name);
    if (parties === undefined) {
      parties = this.#workOut(alg, apu, keyIds);
      if (name.length <= MAX_KEY_CHARS) this.#known.set(name, parties);
    }
    return parties;
  }

  #workOut(alg: KeyWrappingAlg, apu: string, keyIds: readonly string[]): Parties {
    const apuBytes = fromBase64url(apu, 'apu');
    // DIDComm v2.1, "ECDH-1PU key wrapping and common protected headers": sorted and joined with ".".
    const apv = this.#primitives.sha256(utf8([...keyIds].sort().join('.')));
    return {
      apv: toBase64url(apv),
      otherInfo: kdfOtherInfo(alg, apuBytes, apv),
      senderKeyId: alg === AUTHCRYPT_ALG ? readSenderKeyId(apuBytes) : undefined,
    };
  }
}

function readSenderKeyId(apu: Uint8Array): string {
  if (apu.length === 0) throw new WaypostError('ERR_JWE_APU', 'apu is missing in an authcrypted message');
  const keyId = fromUtf8(apu);
  if (!isKeyId(keyId)) throw new WaypostError('ERR_JWE_SKID', `${quote(keyId)} is not an absolute DID URL of a key`);
  return keyId;
}
