import type { WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import type { MessageTransform } from './message-transform.js';
import type { PartialStore } from './partial-store.js';
import type { SessionLimits } from './session/session.js';
import type { SettledMessages } from './settled-messages.js';

/** What a session needs of the world. */
export interface LinkSessionContext {
  /** Waits for it. */
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** SHA-256, 32 bytes: by it a message is known, and checked when it is whole. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Keeps what has arrived of messages that are not whole. */
  readonly partials: PartialStore;
  /** Messages that were accepted, whose senders may not know it. Shared by the sessions of a station. */
  readonly settled: SettledMessages;
  /** Told of links that fail. */
  readonly logger: Logger;
  /** 16 bytes that name this station as long as it exists, also after a restart: by them a peer goes on where it was. They prove nothing. */
  readonly stationId: Uint8Array;
  readonly limits: SessionLimits;
  /** Undefined: messages travel as they are. */
  readonly transform: MessageTransform | undefined;
  /** Told of each peer when it has said hello. Default: nobody is told. */
  readonly onPeer?: (peer: LinkPeer) => void;
  /** How long a closing session waits for the peer to hear of it. */
  readonly closeTimeoutMs: number;
}

/** The other end of a session. */
export interface LinkPeer {
  /** A claim, like all that stands in a hello. */
  readonly stationId: Uint8Array;
  /** We began the session. */
  readonly isActive: boolean;
  /** Resolves when the session is over. */
  readonly ended: Promise<unknown>;
}

/** A message that is whole. */
export interface ReceivedMessage {
  readonly bytes: Uint8Array;
  /** Accepts it, or refuses it with an error. To be called once. False when the peer is gone and will not learn of it now. */
  settle(error: WaypostError | undefined): boolean;
  /** Nobody will decide about it. */
  drop(): void;
}
