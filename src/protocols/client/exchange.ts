import type { Received, Reply } from '../protocol.js';

/** A connection to one peer on which requests of ours are answered. Made by the gateway. */
export interface Exchange {
  /**
   * Sends a request and waits for the answer in its thread, which is proven to come from the peer. Throws ERR_NETWORK
   * (retryable) when none comes, and what sending throws.
   */
  request(request: Request): Promise<Received>;
  /** Sends what needs no answer; resolves when it was accepted. */
  send(request: Request): Promise<void>;
}

export type Request = Pick<Reply, 'type' | 'body' | 'headers'>;
