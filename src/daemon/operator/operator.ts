import type { UpstreamStatus } from '../../gateway/upstream/progress.js';
import type { AccountSummary, RemovedAccount } from '../../protocols/mediation/records.js';
import type { MessageFate, Page, Priority, QueueStatus, StoreSize } from '../../store/message-store.js';
import type { Disk } from '../run/disk.js';

/**
 * What whoever operates a gateway can ask and do. There are three of them: in the running gateway, over its admin API, and
 * on the data folder of one that does not run. All values are JSON as they are.
 */
export interface Operator {
  status(): Promise<Status>;
  /** Destinations that something waits for, in the order of their names. */
  queues(page: Page): Promise<readonly QueueStatus[]>;
  /** What waits for one destination, in its order. `after` is the id of a message. */
  messages(destination: string, page: Page): Promise<readonly MessageSummary[]>;
  /** Null: never heard of, or forgotten since. */
  why(id: string): Promise<Why | null>;
  /** Deletes messages of a destination, all of them without `ids`. Returns how many. */
  purge(destination: string, ids: readonly string[] | undefined): Promise<number>;
  peers(): Promise<readonly Peer[]>;
  /** Everybody who was granted mediation, by DID. */
  accounts(page: Page): Promise<readonly AccountSummary[]>;
  /**
   * Deletes an account (canonical DID) and what it registered; what waits for it only when `isPurging`, else
   * ERR_ACCOUNT_IN_USE. Null: there is no such account.
   */
  removeAccount(did: string, isPurging: boolean): Promise<RemovedAccount | null>;
  /** An invitation that can be revoked, beside the one that the gateway always has. */
  invite(goal: string | undefined): Promise<{ readonly id: string; readonly invitation: string }>;
  /** From then on the invitation admits nobody. */
  revoke(invitationId: string): Promise<void>;
}

export interface Status {
  readonly state: 'running' | 'stopped';
  readonly version: string;
  readonly did: string;
  /** What people call it. */
  readonly name: string;
  /** Null where it does not run; and so below. */
  readonly uptimeSeconds: number | null;
  readonly addresses: readonly string[];
  readonly clock: string;
  readonly store: StoreSize;
  /** Why the last message that came found no room; null when it did, and where it does not run. */
  readonly full: string | null;
  readonly disk: Disk | null;
  readonly connections: number;
  readonly live: number;
  readonly handling: number;
  readonly upstreams: readonly UpstreamState[];
  readonly residentBytes: number | null;
}

export interface UpstreamState extends Omit<UpstreamStatus, 'nextTryInMs' | 'lastError' | 'address'> {
  readonly nextTryInMs: number | null;
  readonly lastError: string | null;
  readonly address: string | null;
}

/** A message without its content. */
export interface MessageSummary {
  readonly id: string;
  readonly priority: Priority;
  readonly bytes: number;
  readonly ageMs: number;
  readonly expiresAtMs: number | null;
}

export interface Why {
  readonly fate: MessageFate;
  /** While it waits to be pushed: whether it is being sent, or what was tried and when the next try is. */
  readonly progress: PushProgress | null;
}

export interface PushProgress {
  readonly state: 'sending' | 'waiting';
  readonly failures: number;
  readonly heldBack: number;
  readonly lastError: string | null;
  readonly nextTryInMs: number | null;
}

export interface Peer {
  readonly remoteAddress: string;
  readonly openForMs: number;
  readonly dids: readonly string[];
}
