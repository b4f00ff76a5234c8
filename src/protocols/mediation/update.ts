import { WaypostError } from '../../core/errors.js';
import { outboundTo } from '../../router/destination.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Draft } from './entries.js';
import {
  type Account,
  MAX_REGISTERED_DID_CHARS,
  type MediationLimits,
  type Registration,
  type RegistrationChange,
  type RegistrationResult,
} from './records.js';
import { ACCOUNTS, OWNED, REGISTRATIONS, ROTATIONS } from './spaces.js';

interface UpdateContext {
  readonly draft: Draft;
  readonly account: string;
  readonly limits: MediationLimits;
  readonly store: Pick<MessageStore, 'status'>;
}

interface UpdatePlan {
  readonly results: readonly RegistrationResult[];
  /** Accounts whose mailboxes change. */
  readonly touched: readonly string[];
}

/** The longest chain of rotations that is followed. */
export const MAX_ROTATIONS = 1000;

/**
 * Plans the changes that an account asks for. Who may have a recipient DID:
 *
 * 1. Whoever proves to be it, by sending the request as that DID or as the one that it became by rotation.
 * 2. Else whoever came first. A later proof takes the registration over, with what waits there.
 *
 * Throws ERR_NOT_ALLOWED when there is no such account.
 */
export async function planUpdate(context: UpdateContext, changes: readonly RegistrationChange[]): Promise<UpdatePlan> {
  const { draft, account } = context;
  if ((await draft.get<Account>(ACCOUNTS, account)) === undefined) {
    throw new WaypostError('ERR_NOT_ALLOWED', 'recipients can be registered after mediation was granted, not before');
  }
  const touched = new Set<string>([account]);
  const results: RegistrationResult[] = [];
  for (const change of changes) {
    results.push(await (change.action === 'add' ? add(context, change, touched) : remove(context, change)));
  }
  return { results, touched: [...touched] };
}

/** The last of the DIDs that came after `did`; itself when it was never rotated. */
export async function latestOf(draft: Draft, did: string): Promise<string> {
  let latest = did;
  for (let i = 0; i < MAX_ROTATIONS; i++) {
    const next = await draft.get<string>(ROTATIONS, latest);
    if (next === undefined) break;
    latest = next;
  }
  return latest;
}

async function add(
  context: UpdateContext,
  change: RegistrationChange,
  touched: Set<string>,
): Promise<RegistrationResult> {
  const { draft, account, limits } = context;
  const { recipient, spelledAs } = change;
  if (recipient.length > MAX_REGISTERED_DID_CHARS) return 'client_error';
  const isProven = (await latestOf(draft, recipient)) === account;
  const present = await draft.get<Registration>(REGISTRATIONS, recipient);
  if (present?.account === account && !present.isClosed && present.isProven === isProven) return 'no_change';
  if (present !== undefined && present.account !== account) {
    const isTakenOver = isProven && !present.isProven;
    if (!isTakenOver && !(await isAbandoned(context, present))) return 'client_error';
    touched.add(present.account);
    draft.delete(OWNED, `${present.account} ${recipient}`);
    await count(draft, present.account, present.isClosed ? 0 : -1);
  }
  const isAlreadyOurs = present?.account === account && !present.isClosed;
  if (!isAlreadyOurs && !(await count(draft, account, 1, limits.registrationsPerAccount))) return 'client_error';
  // The queue stays what it is: whoever takes a registration over takes what waits there along.
  const queue = present?.queue ?? recipient;
  // Answers that were waiting to be pushed to it can be fetched now.
  if (isProven) draft.add({ kind: 'move', from: outboundTo(recipient), to: queue });
  const registration: Registration = { account, queue, isProven, isClosed: false, spelledAs };
  draft.set(REGISTRATIONS, recipient, registration);
  draft.set(OWNED, `${account} ${recipient}`, true);
  return isAlreadyOurs ? 'no_change' : 'success';
}

async function remove(context: UpdateContext, change: RegistrationChange): Promise<RegistrationResult> {
  const { draft, account, store } = context;
  const { recipient } = change;
  const present = await draft.get<Registration>(REGISTRATIONS, recipient);
  if (present === undefined || (present.account === account && present.isClosed)) return 'no_change';
  if (present.account !== account) return 'client_error';
  await count(draft, account, -1);
  if ((await store.status(present.queue)).messages > 0) {
    draft.set(REGISTRATIONS, recipient, { ...present, isClosed: true } satisfies Registration);
  } else {
    draft.delete(REGISTRATIONS, recipient);
    draft.delete(OWNED, `${account} ${recipient}`);
  }
  return 'success';
}

/** Removed by its account, which has fetched everything since. */
async function isAbandoned({ store }: UpdateContext, registration: Registration): Promise<boolean> {
  return registration.isClosed && (await store.status(registration.queue)).messages === 0;
}

/** False, without a change, when the account would have more than `limit`. */
async function count(draft: Draft, did: string, difference: number, limit = Infinity): Promise<boolean> {
  const account = await draft.get<Account>(ACCOUNTS, did);
  if (account === undefined || account.registrations + difference > limit) return false;
  draft.set(ACCOUNTS, did, { ...account, registrations: account.registrations + difference } satisfies Account);
  return true;
}
