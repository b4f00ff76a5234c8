import type { ByteRange } from '../ranges.js';

/*
 * The frames of the link protocol: what they hold, and their limits. `docs/transports/link.md` describes them for
 * those who write another implementation; `frame-codec.ts` turns them into bytes and back.
 */

/** The protocol that this implementation speaks. */
export const LINK_VERSION = 1;

/** Every link carries frames of this size, and no frame is longer than the other. */
export const MIN_FRAME_BYTES = 64;
export const MAX_FRAME_BYTES = 65_535;

/** Transfers that can be under way in one direction. A data frame names its transfer by the number modulo this. */
export const MAX_TRANSFERS = 64;

/** A message of up to so many bytes is sent together with its offer; a longer one when the peer has said what it holds of it. */
export const EAGER_BYTES = 4096;

/** An acknowledgement reaches back at most so many packets from the newest, and never is more in flight. */
export const ACK_WINDOW = 384;

/** A station names itself by so many bytes. */
export const STATION_ID_BYTES = 16;

/** Bits of what a station can do beyond the basics. */
export const FEATURES = {
  /** Takes messages as compact envelopes. */
  compactEnvelope: 1,
} as const;

/** How the bytes that travel relate to the message. */
export const FORMS = { raw: 0, compactEnvelope: 1 } as const;
export type Form = (typeof FORMS)[keyof typeof FORMS];

/** What became of a transfer. */
export const RESULTS = {
  accepted: 0,
  /** Whoever the message was handed to does not want it. */
  refused: 1,
  /** Whoever it was handed to cannot take it now. */
  refusedForNow: 2,
  /** It is longer than the peer takes. */
  tooLarge: 3,
  /** The peer has no room for what is arriving. */
  noRoom: 4,
  /** What arrived does not have the hash that was announced, again and again. */
  damaged: 5,
  /** Nothing came for too long. */
  stalled: 6,
} as const;
export type ResultCode = (typeof RESULTS)[keyof typeof RESULTS];

/** Opens a session, and finds out who is there. */
export interface HelloFrame {
  readonly kind: 'hello';
  readonly version: number;
  /** An answer is wanted: the sender does not know yet that it was heard. */
  readonly wantsAnswer: boolean;
  /** Random, of this session of the sender. */
  readonly nonce: number;
  /** The nonce that the sender heard from the peer last; 0 when it heard none. */
  readonly echo: number;
  readonly limits: PeerLimits;
  readonly features: number;
  /** {@link STATION_ID_BYTES} bytes. A claim that nothing proves. */
  readonly stationId: Uint8Array;
}

export interface PeerLimits {
  /** The longest frame that the sender takes. */
  readonly frameBytes: number;
  readonly maxMessageBytes: number;
  /** The credit to begin with; see {@link VerdictFrame.creditBytes}. */
  readonly creditBytes: number;
}

/** A piece of a message. It has no session number, to be short: what is stale is found out by the hash. */
export interface DataFrame {
  readonly kind: 'data';
  /** The number of the transfer modulo {@link MAX_TRANSFERS}. */
  readonly slot: number;
  /** The last one or two bytes of the packet number; each data frame has its own, also when it repeats bytes. */
  readonly packet: { readonly low: number; readonly bytes: 1 | 2 };
  readonly offset: number;
  /** At least one. */
  readonly bytes: Uint8Array;
}

/** Which data frames have arrived. */
export interface AckFrame {
  readonly kind: 'ack';
  /** The newest packet number that arrived, modulo 65536. */
  readonly largest: number;
  /** Bit i (the lowest bit of the first byte is bit 0): the packet `largest - 1 - i` arrived. */
  readonly bitmap: Uint8Array;
}

interface TransferFrame {
  /** Both nonces, one XOR the other. */
  readonly session: number;
  /** Transfers are numbered by their sender from 0 up, within a session. */
  readonly transfer: number;
}

/** Announces a message, and asks what of it is there already. */
export interface OfferFrame extends TransferFrame {
  readonly kind: 'offer';
  /** Distinguishes a question from those before it, modulo 256: an answer to an old one must not be taken for news. */
  readonly round: number;
  readonly form: number;
  readonly lengthBytes: number;
  /** CRC-32C and SHA-256 of the message as it travels. */
  readonly crc: number;
  readonly hash: Uint8Array;
}

/** What is there of the bytes from `from` to `to` of a message. */
export interface HaveFrame extends TransferFrame {
  readonly kind: 'have';
  /** Of the offer that is answered. */
  readonly round: number;
  readonly from: number;
  readonly to: number;
  /** In order, neither overlapping nor touching, within `from` and `to`. */
  readonly held: readonly ByteRange[];
}

/** What became of a transfer. It is repeated until `done` answers it. */
export interface VerdictFrame extends TransferFrame {
  readonly kind: 'verdict';
  readonly result: number;
  /** When to try again, in seconds; 0 where there is nothing to say about it. */
  readonly retryAfterSeconds: number;
  /** The sum of the lengths of all messages that may be offered in this session, from its first on. Never falls. */
  readonly creditBytes: number;
}

/** The sender of a message has nothing more to do with a transfer: it knows the verdict, or it gave up. */
export interface DoneFrame extends TransferFrame {
  readonly kind: 'done';
}

/** Asks for a `pong`: is anybody there, and is there more credit? */
export interface PingFrame {
  readonly kind: 'ping';
  readonly session: number;
}

export interface PongFrame {
  readonly kind: 'pong';
  readonly session: number;
  readonly creditBytes: number;
}

/** The session is over. Whoever hears it answers with the same frame, marked as an answer. */
export interface GoodbyeFrame {
  readonly kind: 'goodbye';
  readonly session: number;
  readonly isAnswer: boolean;
}

export type Frame =
  | HelloFrame
  | DataFrame
  | AckFrame
  | OfferFrame
  | HaveFrame
  | VerdictFrame
  | DoneFrame
  | PingFrame
  | PongFrame
  | GoodbyeFrame;
