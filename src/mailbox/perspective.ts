import type { ToldOf } from '../protocols/client/custody-client.js';

/** What a station was given for `next`, on the way to `recipient`: DIDs, as the sender spells them. */
export interface Perspective {
  readonly next: string;
  readonly recipient: string;
}

/**
 * What a station says of a message, as it is for the sender: to have been delivered to a mediator is to have been handed on.
 * The next station is named as the route to the recipient names it.
 */
export function asSeenBySender(
  told: ToldOf,
  { next, recipient }: Perspective,
  canonical: (did: string) => string,
): ToldOf {
  const isNext = (did: string): boolean => canonical(did) === canonical(next);
  if (told.state === 'delivered' && !isNext(recipient)) return { ...told, state: 'handed-on', to: next };
  if (told.state === 'handed-on' && told.to !== undefined && isNext(told.to)) return { ...told, to: next };
  return told;
}
