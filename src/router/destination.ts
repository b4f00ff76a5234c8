/*
 * Two kinds of queues share the store. A mailbox is named by the DID whose owner comes to fetch; what must be pushed
 * to a DID stands under `out:` and that DID. DIDs begin with `did:`, so that the two cannot meet.
 */
const OUTBOUND = 'out:';

/** The queue of what is to be pushed to `did`, a canonical DID. */
export function outboundTo(did: string): string {
  return `${OUTBOUND}${did}`;
}

/** The DID of such a queue; undefined for a mailbox. */
export function outboundDid(destination: string): string | undefined {
  return destination.startsWith(OUTBOUND) ? destination.slice(OUTBOUND.length) : undefined;
}

/** Where a listing of the outbound queues starts and ends: every name that begins so. */
export const OUTBOUND_PREFIX = OUTBOUND;
