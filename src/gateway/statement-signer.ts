import { quote, WaypostError } from '../core/errors.js';
import type { Envelopes } from '../envelope/envelopes.js';
import type { PlaintextMessage } from '../envelope/message.js';
import type { DidResolver } from '../envelope/resolvers.js';

/**
 * Signs messages of ours that are to convince third parties, as a JWS by the first key that the DID lists for
 * authentication. Throws ERR_KEY_NOT_AUTHORIZED for a DID without one, and what packing throws.
 */
export function createStatementSigner(
  envelopes: Pick<Envelopes, 'pack'>,
  resolver: Pick<DidResolver, 'resolve'>,
): (statement: PlaintextMessage, did: string) => Promise<string> {
  return async (statement, did) => {
    const [listed] = (await resolver.resolve(did))?.authentication ?? [];
    const id = typeof listed === 'string' ? listed : listed?.id;
    if (id === undefined) {
      throw new WaypostError('ERR_KEY_NOT_AUTHORIZED', `${quote(did, 200)} lists no key to sign with`);
    }
    const signBy = id.startsWith('#') ? `${did}${id}` : id;
    const [envelope] = await envelopes.pack(statement, { mode: 'signed', signBy });
    return envelope?.packed ?? '';
  };
}
