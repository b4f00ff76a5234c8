import { WaypostError } from '../../core/errors.js';

/** What the demo throws when something else happens than it says. */
export function notAsTold(why: string): WaypostError {
  return new WaypostError('ERR_FROM_MISMATCH', why);
}
