import { quote, WaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import type { DidDocument } from '../envelope/resolvers.js';
import { decodingDid, malformedDid, parseDid } from './did.js';
import { keyDocument } from './key.js';
import type { LongForms } from './long-forms.js';
import { resolvePeer2 } from './peer2.js';
import { resolvePeer4 } from './peer4.js';
import { isMultihash, splitPeer4 } from './short-form.js';

/**
 * The document of a did:peer (Peer DID Method, by `numalgo`, the first character of the id). Methods 0, 2 and long 4
 * carry it; 3 and short 4 need the long form, which is remembered when it is resolved here.
 * Throws ERR_DID_MALFORMED, ERR_DID_METHOD (method 1 and unknown ones), ERR_DID_UNAVAILABLE (long form not seen yet),
 * ERR_KEY_UNSUPPORTED (method 0).
 */
export async function resolvePeer(primitives: Primitives, longForms: LongForms, did: string): Promise<DidDocument> {
  const { id } = parseDid(did);
  switch (id[0]) {
    case '0':
      return decodingDid(quote(did), () => keyDocument(primitives, did, id.slice(1)));
    case '2':
      return remembered(longForms, resolvePeer2(primitives, did));
    case '3':
      checkHash(did, id.slice(1));
      return resolvePeer2(primitives, await longForms.recall(did), did);
    case '4':
      if (splitPeer4(did) !== undefined) return remembered(longForms, resolvePeer4(primitives, did));
      checkHash(did, id.slice(1));
      return resolvePeer4(primitives, await longForms.recall(did), did);
    case '1':
      throw new WaypostError(
        'ERR_DID_METHOD',
        `${quote(did)} is a did:peer:1, a hash of a document that it does not carry; it cannot be resolved`,
      );
    default:
      throw new WaypostError('ERR_DID_METHOD', `${quote(did)} is a did:peer of unknown method ${quote(id[0])}`);
  }
}

async function remembered(longForms: LongForms, document: DidDocument): Promise<DidDocument> {
  await longForms.remember(document.id);
  return document;
}

/** A broken hash will never be resolved; without this it would seem to be only unknown for now. */
function checkHash(did: string, hash: string): void {
  const isKnown = decodingDid(quote(did), () => isMultihash(hash));
  if (!isKnown) throw malformedDid(quote(did), 'its hash is not a SHA2-256 multihash');
}
