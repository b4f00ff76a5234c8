/** The time, passed in so that tests can move it. Wall-clock milliseconds since 1970 UTC; it may jump. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  nowMs(): number;
}

/**
 * Where a wall clock has its time from.
 *
 * - `none`: nowhere; it counts from the moment of power-up or from the build.
 * - `restored`: from a file written before the last shutdown; behind by the unknown time without power.
 * - `peer`: from a neighbour, who may be wrong or lying.
 * - `ntp`, `gnss`, `rtc`: from a source that a decision may rest on.
 */
export type ClockQuality = 'none' | 'restored' | 'peer' | 'ntp' | 'gnss' | 'rtc';

/** Whether something may be thrown away, or refused, because of what the clock says. */
export function isTrustedQuality(quality: ClockQuality): boolean {
  return quality === 'ntp' || quality === 'gnss' || quality === 'rtc';
}

/** The clocks of a machine that may have been without power, and that knows how much it knows about the time. */
export interface DeviceClock extends Clock {
  /** Milliseconds since this boot; never runs backwards, is the same for all processes of a boot. */
  monotonicMs(): number;
  /** Differs after each boot; only with the same boot id can two values of {@link monotonicMs} be compared. */
  readonly bootId: string;
  /** What {@link nowMs} is worth at this moment; it may get better and worse. */
  quality(): ClockQuality;
}
