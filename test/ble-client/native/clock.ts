/** Time as a client needs it. */
export interface Clock {
  /** Milliseconds that never run backwards. */
  now(): number;
  /** Calls `run` later, unless the result is called before. */
  after(ms: number, run: () => void): () => void;
}
