import { quote, WaypostError } from '../core/errors.js';
import type { SpaceLimits, Spaces } from './key-value.js';
import { PRIORITIES } from './message-id.js';
import type { NewMessage } from './message-store.js';

export interface Quota {
  readonly messages: number;
  /** Content and metadata. */
  readonly bytes: number;
}

/** What a store holds at most, and for how long. */
export interface StoreLimits {
  readonly total: Quota;
  /** The part of `total` that is kept free for expedited messages. */
  readonly reserved: Quota;
  readonly perDestination: Quota;
  readonly perDepositor: Quota;
  readonly contentBytes: number;
  readonly metadataBytes: number;
  /** The published retention: what was here for longer leaves, by age. */
  readonly retentionMs: number;
  /** How many messages that left are remembered, for `why` and against redelivery. */
  readonly rememberDepartures: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Made for an SD card of 8 GB that is not ours alone. */
export const DEFAULT_LIMITS: StoreLimits = {
  total: { messages: 1_000_000, bytes: 2048 * MIB },
  reserved: { messages: 10_000, bytes: 64 * MIB },
  perDestination: { messages: 100_000, bytes: 256 * MIB },
  perDepositor: { messages: 100_000, bytes: 512 * MIB },
  contentBytes: 16 * MIB,
  metadataBytes: 4 * KIB,
  retentionMs: 30 * DAY_MS,
  rememberDepartures: 65_536,
};

const NAME = /^[\x20-\x7e]{1,4096}$/;
const HASH_BYTES = 32;

/** A DID, a depositor or a key of an entry. Throws ERR_INVALID_ARGUMENT. */
export function checkName(name: string, what: string): void {
  if (!NAME.test(name)) {
    throw new WaypostError(
      'ERR_INVALID_ARGUMENT',
      `${what} ${quote(name)} is not 1 to 4096 printable ASCII characters`,
    );
  }
}

/** Throws ERR_INVALID_ARGUMENT, ERR_TOO_LARGE. */
export function checkMessage(message: NewMessage, limits: StoreLimits): void {
  checkName(message.destination, 'the destination');
  checkName(message.depositor, 'the depositor');
  checkSize(message.content, limits.contentBytes, 'the content of a message');
  if (message.metadata) checkSize(message.metadata, limits.metadataBytes, 'the metadata of a message');
  if (message.contentHash.length !== HASH_BYTES) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `a content hash has ${message.contentHash.length} bytes, not 32`);
  }
  if (!PRIORITIES.includes(message.priority)) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(message.priority)} is not a priority`);
  }
  if (message.expiresAtMs !== undefined && !Number.isSafeInteger(message.expiresAtMs)) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `expiresAtMs ${message.expiresAtMs} is not a whole number`);
  }
}

/** Throws ERR_TOO_LARGE. */
export function checkSize(bytes: Uint8Array, limitBytes: number, what: string): void {
  if (bytes.length > limitBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `${what} has ${bytes.length} bytes, the limit is ${limitBytes}`);
  }
}

/** How much to give at once. Throws ERR_INVALID_ARGUMENT. */
export function checkLimit(limit: number, what: string): void {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${what} is ${limit}, not a whole number above 0`);
  }
}

/** The limits of a space. Throws ERR_INVALID_ARGUMENT for one that was not declared when the store was opened. */
export function spaceLimits(spaces: Spaces, space: string): SpaceLimits {
  const limits = Object.hasOwn(spaces, space) ? spaces[space] : undefined;
  if (!limits) throw new WaypostError('ERR_INVALID_ARGUMENT', `the store was opened without a space ${quote(space)}`);
  return limits;
}
