import { type Registration, registerOnce } from '../../mailbox/register.js';
import { type CorrespondentOptions, createCorrespondent } from './correspondent.js';
import { writeMediator } from './mediator-file.js';
import { type Mailbox, replaceOwnDid } from './open-mailbox.js';

/**
 * Registers a mailbox that is not yet. Where the mediator has another routing DID than its own, the DID of the mailbox is
 * made anew with that one in it; nobody has learnt it so far. Throws what {@link registerOnce} throws.
 */
export async function ensureRegistered(
  mailbox: Mailbox,
  passphrase: string | undefined,
  options: Omit<CorrespondentOptions, 'mailbox'>,
): Promise<Mailbox> {
  if (mailbox.mediator.isRegistered) return mailbox;
  const { folder, mediator } = mailbox;
  let { own } = mailbox;
  const first = await registerAs(mailbox, options);
  if (!first.isRoute) {
    own = await replaceOwnDid(folder, passphrase, first.routingDid);
    await registerAs({ ...mailbox, own }, options);
  }
  const registered = { ...mediator, isRegistered: true };
  await writeMediator(folder, registered);
  return { folder, own, mediator: registered };
}

async function registerAs(mailbox: Mailbox, options: Omit<CorrespondentOptions, 'mailbox'>): Promise<Registration> {
  await using correspondent = await createCorrespondent({ ...options, mailbox });
  return await registerOnce(correspondent, mailbox.mediator.invitationId);
}
