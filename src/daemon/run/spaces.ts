import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { PersistentMap } from '../../did/persistent-map.js';
import { MAX_DID_LENGTH } from '../../envelope/did-url.js';
import { PROTOCOL_SPACES } from '../../protocols/mediation/spaces.js';
import type { Spaces } from '../../store/key-value.js';
import type { MessageStore } from '../../store/message-store.js';

/** Long forms of did:peer, by short form. */
const LONG_FORMS = 'dids.long-forms';
/** What this program notes about itself. */
export const NOTES = 'daemon.notes';

/**
 * Everything that a gateway keeps beside its queues. Long forms are in the database and not in files of their own,
 * because every stranger brings one: here they share a sync with the message that brought them.
 */
export const GATEWAY_SPACES: Spaces = {
  ...PROTOCOL_SPACES,
  // Not `forget-oldest`: strangers could push out the long forms of those who are served here.
  [LONG_FORMS]: { maxEntries: 200_000, maxValueBytes: MAX_DID_LENGTH, whenFull: 'refuse' },
  [NOTES]: { maxEntries: 100, maxValueBytes: 1024, whenFull: 'refuse' },
};

/** The long forms in a store. `set` throws ERR_STORE_FULL, ERR_TOO_LARGE. */
export function longFormsIn(store: Pick<MessageStore, 'get' | 'transact'>): PersistentMap {
  return {
    async get(key) {
      const value = await store.get(LONG_FORMS, key);
      return value === undefined ? undefined : fromUtf8(value);
    },
    async set(key, value) {
      await store.transact([{ kind: 'set', space: LONG_FORMS, key, value: utf8(value) }]);
    },
  };
}
