import { WaypostError } from '../../core/errors.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Draft } from './entries.js';
import type { Account, Registration, RemovedAccount } from './records.js';
import { ACCOUNTS, OWNED, REGISTRATIONS, SOURCES } from './spaces.js';

interface RemovalContext {
  readonly draft: Draft;
  readonly store: Pick<MessageStore, 'status'>;
}

/**
 * Plans that an account and all that it registered is deleted; undefined when there is none. `owned` are its recipient
 * DIDs. What waits in its queues is purged with it, when `isPurging`; else ERR_ACCOUNT_IN_USE, because nobody could
 * fetch it any more. That a DID was rotated away is not forgotten, and neither are the requests that it made: a recorded
 * one must not bring the account back.
 */
export async function planRemoval(
  { draft, store }: RemovalContext,
  did: string,
  owned: readonly string[],
  isPurging: boolean,
): Promise<RemovedAccount | undefined> {
  const account = await draft.get<Account>(ACCOUNTS, did);
  if (account === undefined) return undefined;
  const recipients: string[] = [];
  const queues = new Set<string>();
  for (const recipient of owned) {
    draft.delete(OWNED, `${did} ${recipient}`);
    const registration = await draft.get<Registration>(REGISTRATIONS, recipient);
    if (registration?.account !== did) continue;
    draft.delete(REGISTRATIONS, recipient);
    recipients.push(registration.spelledAs);
    queues.add(registration.queue);
  }
  let messages = 0;
  for (const queue of queues) messages += (await store.status(queue)).messages;
  if (messages > 0 && !isPurging) {
    throw new WaypostError(
      'ERR_ACCOUNT_IN_USE',
      `${messages} messages wait for the account: let it fetch them, or purge them with it`,
    );
  }
  for (const queue of queues) if (isPurging) draft.add({ kind: 'purge', destination: queue });
  const ofSource = (await draft.get<number>(SOURCES, account.source)) ?? 0;
  if (ofSource > 1) draft.set(SOURCES, account.source, ofSource - 1);
  else draft.delete(SOURCES, account.source);
  draft.delete(ACCOUNTS, did);
  return { did, recipients, messages };
}
