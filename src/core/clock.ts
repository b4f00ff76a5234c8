/** The time, passed in so that tests can move it. Wall-clock milliseconds since 1970 UTC; it may jump. */
export interface Clock {
  nowMs(): number;
}
