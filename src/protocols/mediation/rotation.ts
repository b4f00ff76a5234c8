import type { Draft } from './entries.js';
import type { Account, Registration } from './records.js';
import { ACCOUNTS, OWNED, REGISTRATIONS, ROTATIONS } from './spaces.js';

/**
 * Plans what a proven rotation changes (DIDComm v2.1, "DID Rotation": the context moves to the new DID). `owned` are
 * the recipient DIDs of the account `prior`. Returns the accounts whose mailboxes change.
 *
 * Messages for the old DID are still taken, because its peers learn of the rotation one by one; they wait in the queue
 * of the new one. Nothing happens for a DID that is not known here, so that strangers cannot fill the book, and none
 * for a DID that has become another one already: that proof is older than what is known.
 */
export async function planRotation(
  draft: Draft,
  prior: string,
  next: string,
  owned: readonly string[],
): Promise<readonly string[]> {
  for (const did of [prior, next]) {
    if ((await draft.get<string>(ROTATIONS, did)) !== undefined) return [];
  }
  const account = await draft.get<Account>(ACCOUNTS, prior);
  const own = await draft.get<Registration>(REGISTRATIONS, prior);
  if (account === undefined && own === undefined) return [];
  draft.set(ROTATIONS, prior, next);
  if (account === undefined) return [prior, next];

  const present = await draft.get<Account>(ACCOUNTS, next);
  draft.delete(ACCOUNTS, prior);
  draft.set(ACCOUNTS, next, {
    source: account.source,
    registrations: account.registrations + (present?.registrations ?? 0),
    isDeliveryWithheld: (account.isDeliveryWithheld || present?.isDeliveryWithheld) ?? false,
  } satisfies Account);
  for (const recipient of owned) await moveRegistration(draft, prior, next, recipient);
  if (own?.account !== prior) return [prior, next];

  draft.add({ kind: 'move', from: prior, to: next });
  return [prior, next, ...(await registerNew(draft, next, own))];
}

async function moveRegistration(draft: Draft, prior: string, next: string, recipient: string): Promise<void> {
  const registration = await draft.get<Registration>(REGISTRATIONS, recipient);
  draft.delete(OWNED, `${prior} ${recipient}`);
  if (registration === undefined) return;
  const queue = registration.queue === prior ? next : registration.queue;
  draft.set(REGISTRATIONS, recipient, { ...registration, account: next, queue } satisfies Registration);
  draft.set(OWNED, `${next} ${recipient}`, true);
}

/** Who registered its own DID will want messages for the new one too. Somebody who only claimed that one loses it. */
async function registerNew(draft: Draft, next: string, own: Registration): Promise<readonly string[]> {
  const present = await draft.get<Registration>(REGISTRATIONS, next);
  if (present?.isProven) return [];
  const registration: Registration = { ...own, account: next, queue: next, isProven: true, spelledAs: next };
  draft.set(REGISTRATIONS, next, registration);
  draft.set(OWNED, `${next} ${next}`, true);
  const account = await draft.get<Account>(ACCOUNTS, next);
  if (account !== undefined && present?.account !== next) {
    draft.set(ACCOUNTS, next, { ...account, registrations: account.registrations + 1 } satisfies Account);
  }
  if (present === undefined || present.account === next) return [];
  draft.delete(OWNED, `${present.account} ${next}`);
  const loser = await draft.get<Account>(ACCOUNTS, present.account);
  if (loser !== undefined) {
    draft.set(ACCOUNTS, present.account, { ...loser, registrations: loser.registrations - 1 } satisfies Account);
  }
  return [present.account];
}
