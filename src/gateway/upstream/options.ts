import { quote, WaypostError } from '../../core/errors.js';
import { isDid } from '../../envelope/did-url.js';
import { parseInvitation } from '../../protocols/out-of-band.js';

/**
 * How messages are collected. `live`: over a connection that stays open, on which the mediator pushes. `poll`: by asking
 * now and then. `auto`: live where the mediator offers it, else polling.
 */
export type UpstreamMode = 'live' | 'poll' | 'auto';

/** A mediator that this gateway is a client of. */
export type UpstreamOption = UpstreamTarget & {
  /** Default: auto. */
  readonly mode?: UpstreamMode;
  /** Between two polls; in live mode between two looks whether a push went missing. Default: one minute. */
  readonly pollIntervalMs?: number;
};

type UpstreamTarget =
  | { readonly did: string }
  /** An out-of-band invitation: its URL, or its JSON. The mediator is who it is from. */
  | { readonly invitation: string };

export interface UpstreamConfig {
  readonly did: string;
  /** Shown to the mediator as `pthid`. */
  readonly invitationId: string | undefined;
  readonly mode: UpstreamMode;
  readonly pollIntervalMs: number;
}

export interface UpstreamLimits {
  /** For the answer to one request. */
  readonly answerMs: number;
  /** Messages asked for at once. */
  readonly batchMessages: number;
  /** Recipients that are registered at one mediator; what is served beyond it is reachable only through our own DID. */
  readonly recipients: number;
  /** Changes of registrations in one request. */
  readonly batchChanges: number;
  /** Changes that come one after the other are sent together after this time. */
  readonly gatherChangesMs: number;
  /** Between two tries to connect: the first wait, and the longest. */
  readonly retry: { readonly initialMs: number; readonly maxMs: number };
  /** A connection that was at work for this long counts as a success: the next wait is a short one again. */
  readonly stableAfterMs: number;
}

export const DEFAULT_UPSTREAM_LIMITS: UpstreamLimits = {
  answerMs: 20_000,
  batchMessages: 20,
  recipients: 10_000,
  batchChanges: 100,
  gatherChangesMs: 200,
  retry: { initialMs: 1000, maxMs: 5 * 60_000 },
  stableAfterMs: 30_000,
};

const DEFAULT_POLL_INTERVAL_MS = 60_000;

/** Throws ERR_INVALID_ARGUMENT for what is no DID, and what `parseInvitation` throws. */
export function readUpstreamOption(option: UpstreamOption): UpstreamConfig {
  const invitation = 'invitation' in option ? parseInvitation(option.invitation) : undefined;
  const did = 'did' in option ? option.did : (invitation?.from ?? '');
  if (!isDid(did)) throw new WaypostError('ERR_INVALID_ARGUMENT', `the upstream ${quote(did, 200)} is not a DID`);
  return {
    did,
    invitationId: invitation?.id,
    mode: option.mode ?? 'auto',
    pollIntervalMs: option.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS,
  };
}
