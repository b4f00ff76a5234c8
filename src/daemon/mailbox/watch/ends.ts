import type { Whereabouts } from '../../../protocols/receipts/whereabouts.js';

/**
 * How watching ended. `untold`: the message was taken, and nobody who could says more. `late`: the time was over while
 * there was still something to learn.
 */
export type WatchEnd = 'delivered' | 'dropped' | 'untold' | 'late';

/** Undefined while there may be more to learn from the same station. */
export function endOf(told: Whereabouts | undefined): Exclude<WatchEnd, 'late'> | undefined {
  switch (told?.state) {
    case 'delivered':
    case 'dropped':
      return told.state;
    case 'handed-on':
    case 'accepted':
    case 'forgotten':
      return 'untold';
    default:
      return undefined;
  }
}
