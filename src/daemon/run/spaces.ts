import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { PersistentMap } from '../../did/persistent-map.js';
import { MAX_DID_LENGTH } from '../../envelope/did-url.js';
import { PROTOCOL_SPACES } from '../../protocols/mediation/spaces.js';
import type { Sender } from '../../protocols/protocol.js';
import { RULE_SPACES } from '../../sensor/rules/spaces.js';
import { SENSOR_SPACES } from '../../sensor/spaces.js';
import type { Spaces } from '../../store/key-value.js';
import type { MessageStore, Operation } from '../../store/message-store.js';

/** Long forms of did:peer, by short form: of those who have an account here, and of everybody else who was met. */
const LONG_FORMS = 'dids.long-forms';
const MET_LONG_FORMS = 'dids.met-long-forms';
/** What this program notes about itself. */
export const NOTES = 'daemon.notes';

/**
 * Everything that a gateway keeps beside its queues. Long forms are in the database and not in files of their own,
 * because every stranger brings one: here they share a sync with the message that brought them.
 */
export const GATEWAY_SPACES: Spaces = {
  ...PROTOCOL_SPACES,
  ...SENSOR_SPACES,
  ...RULE_SPACES,
  // Only an account puts something here, so that strangers can neither fill it nor push anybody out.
  [LONG_FORMS]: { maxEntries: 200_000, maxValueBytes: MAX_DID_LENGTH, whenFull: 'refuse' },
  // Whoever is forgotten sends the long form again. 160 MiB at the very most, of which nothing is counted as messages.
  [MET_LONG_FORMS]: { maxEntries: 10_000, maxValueBytes: MAX_DID_LENGTH, whenFull: 'forget-oldest' },
  [NOTES]: { maxEntries: 100, maxValueBytes: 1024, whenFull: 'refuse' },
};

type Store = Pick<MessageStore, 'get' | 'transact'>;

/** The long forms in a store. `set` throws ERR_STORE_FULL (of the disk), ERR_TOO_LARGE. */
export function longFormsIn(store: Store): PersistentMap {
  return {
    async get(key) {
      const value = (await store.get(LONG_FORMS, key)) ?? (await store.get(MET_LONG_FORMS, key));
      return value === undefined ? undefined : fromUtf8(value);
    },
    async set(key, value) {
      await store.transact([{ kind: 'set', space: MET_LONG_FORMS, key, value: utf8(value) }]);
    },
  };
}

/** For `GatewayOptions.withAccount`: the long form of somebody who gets an account stays, whoever comes. */
export async function keepLongForm(store: Store, { did, spelledAs }: Sender): Promise<readonly Operation[]> {
  const value = spelledAs === did ? await store.get(MET_LONG_FORMS, did) : utf8(spelledAs);
  if (value === undefined) return [];
  return [
    { kind: 'set', space: LONG_FORMS, key: did, value },
    { kind: 'delete', space: MET_LONG_FORMS, key: did },
  ];
}
