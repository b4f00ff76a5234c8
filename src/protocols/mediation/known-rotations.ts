import { fromUtf8 } from '../../core/bytes.js';
import type { MessageStore } from '../../store/message-store.js';
import { ROTATIONS } from './spaces.js';
import { MAX_ROTATIONS } from './update.js';

/**
 * Tells whether a rotation, or a chain of rotations, from one DID to another was proven here before; for
 * `EnvelopesOptions.isKnownRotation`. Any spelling of the DIDs will do.
 */
export function knownRotations(
  store: Pick<MessageStore, 'get'>,
  canonical: (did: string) => string,
): (priorDid: string, did: string) => Promise<boolean> {
  return async (priorDid, did) => {
    const wanted = canonical(did);
    let latest = canonical(priorDid);
    for (let i = 0; i < MAX_ROTATIONS; i++) {
      const value = await store.get(ROTATIONS, latest);
      if (value === undefined) return false;
      latest = JSON.parse(fromUtf8(value)) as string;
      if (latest === wanted) return true;
    }
    return false;
  };
}
