import type { Reply } from '../../protocols/protocol.js';
import type { Operation } from '../../store/message-store.js';

/** The way to agents; the gateway's, which knows envelopes and where a DID's messages wait. */
export interface AgentOutbox {
  /**
   * Packs a message, authcrypted, or with `isSigned` signed inside anoncrypt. Nothing is queued yet: `operations` do that,
   * in whatever transaction they are. Throws what `pack` throws, retryable where the agent's DID cannot be resolved now.
   */
  prepare(message: Reply, agent: string, isSigned: boolean): Promise<PreparedMessage>;
  /** How many messages wait for the agent. */
  waiting(agent: string): Promise<number>;
}

export interface PreparedMessage {
  readonly id: string;
  readonly operations: readonly Operation[];
  /** To be called after the transaction: whoever waits for the queue is told. */
  announce(): void;
}
