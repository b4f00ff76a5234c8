/** Somebody who was granted mediation. */
export interface Account {
  /** Where the request came from, see `sourceOf`. */
  readonly source: string;
  readonly registrations: number;
  /** Nobody is told what became of messages for its recipients. Left out: whoever has a ticket for one is. */
  readonly isDeliveryWithheld?: boolean;
}

/** An account as an operator sees it. */
export interface AccountSummary extends Account {
  /** Canonical. */
  readonly did: string;
}

/** What was deleted with an account. */
export interface RemovedAccount {
  readonly did: string;
  /** The recipient DIDs that it had registered, as it spelled them. */
  readonly recipients: readonly string[];
  /** That waited for it, and were purged. */
  readonly messages: number;
}

/** A recipient DID that messages are taken for. */
export interface Registration {
  /** The DID of the account that may fetch them. */
  readonly account: string;
  /** The destination in the store: the recipient DID itself, or the DID that it became by rotation. */
  readonly queue: string;
  /** The account proved that it is this DID. What is not proven is claimed: first come, first served. */
  readonly isProven: boolean;
  /** Removed by its account while something was still waiting, which stays for the account to fetch. */
  readonly isClosed: boolean;
  /** As the account spelled it. */
  readonly spelledAs: string;
}

/** A registration as its account sees it. */
export interface Mailbox extends Registration {
  readonly recipient: string;
}

export interface RegistrationChange {
  readonly action: 'add' | 'remove';
  /** Canonical. */
  readonly recipient: string;
  readonly spelledAs: string;
}

export type RegistrationResult = 'success' | 'no_change' | 'client_error';

export interface MediationLimits {
  readonly accountsPerSource: number;
  readonly registrationsPerAccount: number;
}

export const DEFAULT_MEDIATION_LIMITS: MediationLimits = { accountsPerSource: 1000, registrationsPerAccount: 1000 };

/** Two DIDs make one key of the store, which takes 4096 characters. Canonical forms are far shorter. */
export const MAX_REGISTERED_DID_CHARS = 2000;
