import type { JsonObject } from '../core/json.js';
import type { Attachment } from '../envelope/attachment.js';
import type { PlaintextMessage } from '../envelope/message.js';
import type { MessageType } from './message-type.js';

/** A protocol of DIDComm: what it answers to each of its messages. One file each, registered in `createGateway`. */
export interface Protocol {
  /** `https://didcomm.org/trust-ping/2.0`, as it is disclosed. */
  readonly piuri: string;
  /** The roles that this station plays in it. */
  readonly roles: readonly string[];
  /**
   * Handles a message and gives the answer, if there is one. Throws a WaypostError: ERR_PROTOCOL_UNKNOWN for a message
   * that the protocol does not have, ERR_NOT_ALLOWED, ERR_MESSAGE_MALFORMED, and what the store throws.
   */
  handle(received: Received): Promise<Reply | undefined>;
}

/** Who is proven to have sent a message. */
export interface Sender {
  /** The one spelling of the DID that compares and keys use. */
  readonly did: string;
  /** The DID as the sender spells it, for addressing the answer. */
  readonly spelledAs: string;
}

/** An encrypted message that was opened, and how it came. */
export interface Received {
  readonly message: PlaintextMessage;
  readonly type: MessageType;
  /** Proven by authcrypt, or by a signature inside encryption; null for a stranger. */
  readonly sender: Sender | null;
  /** The DID of ours that the message was encrypted to; answers come from it. */
  readonly ownDid: string;
  readonly connection: Connection;
  /** How many forwards to ourselves it was wrapped in. */
  readonly depth: number;
}

/** The connection that a message came over. It says nothing about who is there. */
export interface Connection {
  /** Unique in this process. */
  readonly id: string;
  /** Who is counted for what a stranger leaves here, see `sourceOf`. */
  readonly source: string;
  readonly maxMessageBytes: number;
  /** Messages can go back at any time: what live delivery needs. */
  readonly isPersistent: boolean;
  /** DIDs that were proven on it, canonical. */
  readonly dids: readonly string[];
  /** Packs a message and sends it to `recipient` on this connection; rejects when it is closed or the message too large. */
  push(reply: Reply, from: string, recipient: Sender): Promise<void>;
  /** Closes it: for a peer that waits for something which will not come over this connection any more. */
  end(): void;
  /** Runs when the connection ends. */
  onClose(run: () => void): void;
}

/** An answer before it has an id, a thread and a recipient. */
export interface Reply {
  readonly type: string;
  readonly body: JsonObject;
  readonly attachments?: readonly Attachment[];
  /** Further headers. `thid` is the thread of the request unless it is given. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** False for what is worth nothing later: it is sent on the connection of the request or not at all. */
  readonly mayWait: boolean;
  /** Runs after the answer was sent: what must not overtake it. */
  readonly afterwards?: () => void;
}
