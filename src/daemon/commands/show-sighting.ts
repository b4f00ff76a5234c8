import type { DropReason, Whereabouts } from '../../protocols/receipts/whereabouts.js';
import type { WatchEnd } from '../mailbox/watch/ends.js';
import type { Sighting } from '../mailbox/watch/sightings.js';
import { shorten } from './show.js';

const DROPPED: { readonly [reason in DropReason]: string } = {
  expired: 'the time that it was good for is over',
  retention: 'it was kept for as long as anything is kept there',
  purged: 'an operator deleted it',
};

/** The last line. */
export const END_WORDS: { readonly [end in WatchEnd]: string } = {
  delivered: 'Delivered.',
  untold: 'Taken; nobody on its way says more.',
  late: 'Not delivered so far; it is kept and goes on.',
  dropped: 'Lost.',
};

/** `17:45:02  held by gateway did:peer:2... (on disk)`; local time. */
export function showSighting({ station, told, sinceMs }: Sighting): string {
  return `${new Date(sinceMs).toTimeString().slice(0, 8)}  ${describe(told, shorten(station))}`;
}

function describe(told: Whereabouts, gateway: string): string {
  switch (told.state) {
    case 'held':
      return `held by gateway ${gateway} (on disk)`;
    case 'delivered':
      return `delivered: the recipient fetched it from gateway ${gateway}`;
    case 'handed-on':
      return told.to === undefined
        ? `handed on by gateway ${gateway}, to whoever collects for the recipient`
        : `handed to ${shorten(told.to)} by gateway ${gateway}`;
    case 'dropped':
      return `dropped by gateway ${gateway}: ${DROPPED[told.reason]}`;
    case 'accepted':
      return `stored by gateway ${gateway}; the recipient does not let others know when it is fetched`;
    case 'forgotten':
      return `gateway ${gateway} does not remember it any more`;
  }
}
