import { quote, WaypostError } from '../core/errors.js';
import type { Arrival } from './transport.js';

/** What whoever took an arrival decided. `reason` is there when it was refused, `reply` when something is to go back. */
export interface Verdict {
  readonly reason: WaypostError | undefined;
  readonly reply: Uint8Array | undefined;
}

/** What arrived: its `bytes`, and its `mediaType` where the medium tells one. */
export interface ArrivalContent {
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
  /** Whether the medium can carry a `reply`. */
  readonly canReply: boolean;
}

/**
 * Makes an arrival that can be settled once; a transport only writes `settle`: what a verdict means on its medium. A second
 * verdict is a defect of the caller, and ERR_INTERNAL: the peer has been told the first. Accepting with a reply where
 * none can be carried is ERR_INVALID_ARGUMENT.
 */
export function createArrival(content: ArrivalContent, settle: (verdict: Verdict) => void | Promise<void>): Arrival {
  let settled = false;
  const settleOnce = async (reason: WaypostError | undefined, reply: Uint8Array | undefined) => {
    if (settled) throw new WaypostError('ERR_INTERNAL', 'an arrival was settled twice');
    if (reply !== undefined && !content.canReply && reason === undefined) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', 'this channel cannot carry a reply');
    }
    settled = true;
    await settle({ reason, reply });
  };
  return {
    bytes: content.bytes,
    mediaType: content.mediaType,
    accept: (reply) => settleOnce(undefined, reply),
    refuse: (reason, reply) => settleOnce(reason, reply),
  };
}

/** The error of a channel that is closed, by either side: ERR_CHANNEL_CLOSED, retryable. `what` is its message. */
export function channelClosed(what: string): WaypostError {
  return new WaypostError('ERR_CHANNEL_CLOSED', what, { retryable: true });
}

/** Throws ERR_TOO_LARGE when `message` is over `maxMessageBytes`, the limit of its channel. */
export function checkMessageSize(message: Uint8Array, maxMessageBytes: number): void {
  if (message.length <= maxMessageBytes) return;
  throw new WaypostError('ERR_TOO_LARGE', `a message of ${message.length} bytes, the limit is ${maxMessageBytes}`);
}

/**
 * `address` taken apart. Throws ERR_INVALID_ARGUMENT when it is not a URL of one of the `schemes`, such as `http`, or has a
 * user name or password in it.
 */
export function parseTransportUrl(address: string, schemes: readonly string[]): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && schemes.includes(url.protocol.slice(0, -1)) && url.username === '' && url.password === '') {
    return url;
  }
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not a URL of ${schemes.join(' or ')}`);
}
