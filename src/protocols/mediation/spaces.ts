import type { Spaces } from '../../store/key-value.js';

/*
 * What the protocols keep in the store, beside the queues and in the same transactions. Whoever opens the store
 * passes these on.
 */

/** Account, by DID: who was granted mediation. JSON. */
export const ACCOUNTS = 'mediation.accounts';
/** Registration, by recipient DID. JSON. */
export const REGISTRATIONS = 'mediation.registrations';
/** `<account DID> <recipient DID>`: the registrations of an account, for listing them. Empty. */
export const OWNED = 'mediation.owned';
/** The DID that came after, by the DID that was rotated away. Text. */
export const ROTATIONS = 'mediation.rotations';
/** Number of accounts that were granted over one source, see `sourceOf`. JSON. */
export const SOURCES = 'mediation.sources';
/** Hashes of the last requests of a sender, by DID: see `replay-guard.ts`. */
export const REQUESTS = 'protocols.requests';
/** Invitations that were given out, by id. JSON. */
export const INVITATIONS = 'protocols.invitations';
/** `<SHA-256 of the content, hex> <message id>`: what was handed to a courier, see `pickup/handed-out.ts`. Empty. */
export const HANDED_OUT = 'pickup.handed-out';
/** Message id: whether a copy of it was pledged or passed on, see `pickup/custody.ts`. One byte. */
export const CUSTODY = 'pickup.custody';

/** The key that the tickets of receipts are sealed with, see `receipts/ticket.ts`. 64 bytes. */
export const RECEIPT_KEY = 'receipts.key';

const KIB = 1024;

/** 16 bytes for each of the requests that a sender is remembered by. */
export const REMEMBERED_REQUESTS = 256;
export const REQUEST_HASH_BYTES = 16;

export const PROTOCOL_SPACES: Spaces = {
  [ACCOUNTS]: { maxEntries: 100_000, maxValueBytes: KIB, whenFull: 'refuse' },
  [REGISTRATIONS]: { maxEntries: 1_000_000, maxValueBytes: 24 * KIB, whenFull: 'refuse' },
  [OWNED]: { maxEntries: 1_000_000, maxValueBytes: 16, whenFull: 'refuse' },
  [ROTATIONS]: { maxEntries: 1_000_000, maxValueBytes: 4 * KIB, whenFull: 'refuse' },
  [SOURCES]: { maxEntries: 100_000, maxValueBytes: 64, whenFull: 'refuse' },
  [REQUESTS]: {
    maxEntries: 100_000,
    maxValueBytes: REMEMBERED_REQUESTS * REQUEST_HASH_BYTES,
    whenFull: 'forget-oldest',
  },
  // What is forgotten is only deleted later: by its retention, or after it was handed out again.
  [HANDED_OUT]: { maxEntries: 500_000, maxValueBytes: 16, whenFull: 'forget-oldest' },
  // Refusing for ever would be worse than forgetting what came by hand a million messages ago.
  [CUSTODY]: { maxEntries: 1_000_000, maxValueBytes: 1, whenFull: 'forget-oldest' },
  [RECEIPT_KEY]: { maxEntries: 1, maxValueBytes: 64, whenFull: 'refuse' },
  [INVITATIONS]: { maxEntries: 1000, maxValueBytes: KIB, whenFull: 'forget-oldest' },
};
