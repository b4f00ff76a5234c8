import type { Scheduler } from '../../src/core/scheduler.js';
import { withResolvers } from '../../src/core/with-resolvers.js';

export interface RssiOptions {
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A controller answers at once, or never: an event can get lost. */
const ANSWER_MS = 1000;
/** What controllers say where they do not know (Core Specification 5.4, Vol 4 Part E, 7.5.4). */
const UNKNOWN_DBM = 127;

/** Asks for a signal strength in dBm. `ask` gives what stops listening for the answer. Undefined when none comes. */
export async function readInTime(
  scheduler: Scheduler,
  ask: (tell: (rssiDbm: number) => void) => () => void,
): Promise<number | undefined> {
  const { promise, resolve } = withResolvers<number | undefined>();
  const cancel = scheduler.after(ANSWER_MS, () => resolve(undefined));
  const stop = ask(resolve);
  const rssiDbm = await promise;
  cancel();
  stop();
  return rssiDbm === UNKNOWN_DBM ? undefined : rssiDbm;
}
