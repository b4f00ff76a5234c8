export interface BackoffOptions {
  /** Before the first retry. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { firstDelayMs: 1000, maxDelayMs: 15 * 60_000 };

/**
 * How long to wait after `failures` failures in a row (1 or more): twice as long each time up to the limit, and of
 * that a random part between a half and the whole, so that those who failed together do not come back together.
 * `random` gives numbers from 0 to 1.
 */
export function backoffDelayMs(failures: number, options: BackoffOptions, random: () => number): number {
  const whole = Math.min(options.maxDelayMs, options.firstDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(whole * (0.5 + random() / 2));
}
