import type { DidSecret } from '../../did/create.js';
import type { PlaintextMessage } from '../../envelope/message.js';
import type { Carried } from '../../mailbox/carry.js';

/** Who the owner of this browser is, and the gateway that keeps messages for it. There is one. */
export interface OwnRecord {
  readonly did: string;
  readonly secrets: readonly DidSecret[];
  /** What contacts are shown when they are invited. */
  readonly name: string;
  readonly mediatorDid: string;
  /** Of the gateway's invitation. */
  readonly mediatorInvitationId: string;
  readonly isRegistered: boolean;
  /** Of the invitation that is shown to others. Who answers it is a contact from the start. */
  readonly invitationId: string;
}

export interface Contact {
  /** Canonical. */
  readonly did: string;
  /** As it is written to. */
  readonly spelledAs: string;
  readonly name: string;
  /** The owner invited it, followed its invitation or accepted it. Nobody else learns that a message arrived. */
  readonly isAccepted: boolean;
  /** Of its invitation, where that is how it was met: its agent knows by this who it invited (`pthid`). */
  readonly invitationId?: string;
}

/**
 * How far a message of ours is known to have come.
 *
 * - `waiting`: in this browser only.
 * - `held`: the gateway accepted it.
 * - `handed-on`: the gateway signed that another station, on the way to a contact elsewhere, took it over.
 * - `delivered`: the other agent acknowledged it (DIDComm v2.1, "ACKs").
 * - `refused`: it will not be tried again; `problem` says why.
 */
export type OutgoingState = 'waiting' | 'held' | 'handed-on' | 'delivered' | 'refused';

/** A picture in a conversation. */
export interface Picture {
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the gateway signed about a message of ours: it convinces others too. */
export interface Evidence {
  /** Of the statement. */
  readonly state: 'held' | 'handed-on' | 'dropped';
  /** The DID that took it over, where the statement says so. */
  readonly to?: string;
  /** Since when, by the clock of this browser. */
  readonly sinceMs: number;
  /** The statement, a JSON JWS (`docs/protocols/custody-receipts.md`). */
  readonly proof: string;
}

/** A message on its way to a contact elsewhere, of which the gateway can be asked what became of it. */
export interface CustodyRecord {
  /** Of what the gateway was given to pass on: 64 hexadecimal digits. */
  readonly sha256: string;
  /** DID of the contact, canonical. */
  readonly contact: string;
  /** Of the message. */
  readonly id: string;
  /** DID that the gateway passes it on to. */
  readonly next: string;
  /** When it was packed. */
  readonly atMs: number;
  /** To ask with; missing until the first receipt came. */
  readonly ticket?: string;
}

interface ChatMessageBase {
  readonly id: string;
  /** DID of the contact, canonical. */
  readonly contact: string;
  /** Empty where there are only pictures. */
  readonly text: string;
  readonly pictures?: readonly Picture[];
  /** When it was written or came here, by the clock of this browser. */
  readonly atMs: number;
}

export interface OutgoingMessage extends ChatMessageBase {
  readonly direction: 'out';
  readonly state: OutgoingState;
  readonly problem?: string;
  readonly evidence?: Evidence;
  /** When all of it was last on the screen, for a camera. Whether one looked is not known by that. */
  readonly shownAtMs?: number;
}

export interface IncomingMessage extends ChatMessageBase {
  readonly direction: 'in';
  /** Attachments that are not shown, because they are no pictures of a known kind, or too large. */
  readonly notShown?: number;
  /** Ids that wait to be acknowledged until the contact is accepted. */
  readonly unacknowledged: readonly string[];
}

export type ChatMessage = OutgoingMessage | IncomingMessage;

/** A message on its way to the gateway. */
export interface OutboxEntry {
  /** Ascending: the order in which they are sent. */
  readonly number?: number;
  /** DID of the contact, canonical. */
  readonly contact: string;
  readonly to: string;
  readonly message: PlaintextMessage;
  /** As it was shown to a camera; sent over a connection it is the same, so that the gateway stores it once. */
  readonly carried?: Carried;
}
