import type { ErrorCode } from '../../../../src/core/errors.js';
import type { Cast } from '../../../support/cast.js';

/** Something that must not be accepted. Every example breaks this rule and no other. */
export interface Rule {
  readonly rule: string;
  /** The section of DIDComm v2.1, or the document and section, that it comes from. */
  readonly section: string;
  readonly code: ErrorCode;
  /** Packed messages that break it. */
  readonly broken: (cast: Cast) => readonly (string | Uint8Array)[];
}

/** Something that looks odd and must be accepted all the same. */
export interface Oddity {
  readonly oddity: string;
  readonly section: string;
  /** Packed messages that have it. */
  readonly accepted: (cast: Cast) => readonly string[];
  /** What the result must say besides the message, where that is the point. */
  readonly result?: (cast: Cast) => object;
}

/** What is checked about one subject, as `docs/envelopes.md` has it too. */
export interface Rules {
  readonly subject: string;
  readonly refused: readonly Rule[];
  readonly accepted: readonly Oddity[];
}

export const SECTION = {
  mediaTypes: 'IANA Media Types',
  plaintext: 'DIDComm Plaintext Messages',
  signed: 'DIDComm Signed Messages',
  encrypted: 'DIDComm Encrypted Messages',
  headers: 'Message Headers',
  consistency: 'Message Layer Addressing Consistency',
  attachments: 'Attachments',
  encryption: 'Message Encryption',
  curves: 'Curves and Content Encryption Algorithms',
  wrapping: 'Key Wrapping Algorithms',
  keyIds: 'Key IDs',
  authcrypt: 'ECDH-1PU key wrapping and common protected headers',
  anoncrypt: 'ECDH-ES key wrapping and common protected headers',
  signing: 'Message Signing',
  rotation: 'DID Rotation',
  ending: 'Ending a Relationship',
  acks: 'ACKs',
} as const;
