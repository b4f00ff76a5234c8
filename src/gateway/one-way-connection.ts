import { WaypostError } from '../core/errors.js';
import type { Connection } from '../protocols/protocol.js';

/**
 * What a message "came over" that somebody else brought: nothing goes back on it, and nobody can be live on it. An answer
 * takes its own way to the sender.
 */
export function oneWayConnection(from: Pick<Connection, 'id' | 'source' | 'maxMessageBytes'>): Connection {
  return {
    id: from.id,
    source: from.source,
    maxMessageBytes: from.maxMessageBytes,
    isPersistent: false,
    dids: [],
    push: async () => {
      throw new WaypostError('ERR_INTERNAL', 'nothing goes back on the way that a forwarded message came');
    },
    end: () => {},
    onClose: () => {},
  };
}
