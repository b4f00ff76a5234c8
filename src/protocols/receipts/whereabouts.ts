import { outboundDid } from '../../router/destination.js';
import type { LeaveReason, MessageFate, MessageStore } from '../../store/message-store.js';
import type { Registry } from '../mediation/registry.js';
import type { Custody } from '../pickup/custody.js';

/**
 * Where a message is, as one station can say.
 *
 * - `held`: on disk here; it waits to be fetched or pushed.
 * - `delivered`: the DID in `next` acknowledged it, and proved to be that DID.
 * - `handed-on`: somebody on the way to `next` took it over. With `to`: the endpoint of that DID accepted it.
 * - `dropped`: it left without having been taken by anybody, for `reason`.
 * - `accepted`: it was on disk here once. The recipient does not let others know what became of it.
 * - `forgotten`: it left so long ago that nothing is remembered.
 */
export type Whereabouts =
  | { readonly state: 'held' | 'delivered'; readonly seconds: number }
  | { readonly state: 'handed-on'; readonly seconds: number; readonly to?: string }
  | { readonly state: 'dropped'; readonly seconds: number; readonly reason: DropReason }
  | { readonly state: 'accepted' | 'forgotten' };

export type DropReason = Extract<LeaveReason, 'expired' | 'retention' | 'purged'>;

interface WhereaboutsOptions {
  readonly store: Pick<MessageStore, 'why'>;
  readonly registry: Pick<Registry, 'recipientOf'>;
  readonly custody: Pick<Custody, 'wasPassed'>;
}

/** What left is told of for as long as its sender may reasonably wait for it, and not for ever. */
const TOLD_FOR_MS = 7 * 24 * 60 * 60 * 1000;

/** Says where a message is, by what the store knows and the recipient allows. `next` is canonical. */
export async function whereabouts(options: WhereaboutsOptions, id: string, next: string): Promise<Whereabouts> {
  const fate = await options.store.why(id);
  const outbound = fate === undefined ? undefined : outboundDid(fate.destination);
  if (fate !== undefined && outbound !== undefined) return pushed(fate, outbound);
  // Asked before the fate is looked at: when nothing may be told, a lifetime that ends must not show either.
  const recipient = await options.registry.recipientOf(next);
  if (recipient === undefined || recipient.isDeliveryWithheld) return { state: 'accepted' };
  if (fate === undefined) return { state: 'forgotten' };
  if (fate.state === 'queued') return { state: 'held', seconds: toSeconds(fate.ageMs) };
  if (fate.reason !== 'acknowledged') return left(fate.reason, fate.agoMs);
  if (fate.agoMs > TOLD_FOR_MS) return { state: 'forgotten' };
  // A gateway that collects for its devices acknowledges too, and so does one that got a copy by hand.
  const isByRecipient = recipient.isProven && !(await options.custody.wasPassed(id));
  return { state: isByRecipient ? 'delivered' : 'handed-on', seconds: toSeconds(fate.agoMs) };
}

function pushed(fate: MessageFate, to: string): Whereabouts {
  if (fate.state === 'queued') return { state: 'held', seconds: toSeconds(fate.ageMs) };
  if (fate.reason !== 'acknowledged') return left(fate.reason, fate.agoMs);
  if (fate.agoMs > TOLD_FOR_MS) return { state: 'forgotten' };
  return { state: 'handed-on', seconds: toSeconds(fate.agoMs), to };
}

/** A copy that left because another one is queued cannot be followed any further; only readings of sensors are thinned. */
function left(reason: Exclude<LeaveReason, 'acknowledged'>, agoMs: number): Whereabouts {
  if (reason === 'duplicate' || reason === 'thinned' || agoMs > TOLD_FOR_MS) return { state: 'forgotten' };
  return { state: 'dropped', seconds: toSeconds(agoMs), reason };
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
