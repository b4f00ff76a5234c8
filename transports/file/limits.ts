export interface FileLimits {
  readonly maxMessageBytes: number;
  /** Names looked at in a folder. */
  readonly maxEntries: number;
  /** Between two looks at a folder that is listened to. There is no other way that works on every medium. */
  readonly scanEveryMs: number;
  /** What was refused for now is offered again after this. */
  readonly retryAfterMs: number;
}

export const DEFAULT_FILE_LIMITS: FileLimits = {
  maxMessageBytes: 1024 * 1024,
  maxEntries: 100_000,
  scanEveryMs: 2000,
  retryAfterMs: 60_000,
};
