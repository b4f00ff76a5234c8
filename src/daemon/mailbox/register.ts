import { WaypostError } from '../../core/errors.js';
import { MediationClient } from '../../protocols/client/mediation-client.js';
import { type CorrespondentOptions, createCorrespondent } from './correspondent.js';
import { writeMediator } from './mediator-file.js';
import { type Mailbox, replaceOwnDid } from './open-mailbox.js';
import { dialMediator, openSession, type Session } from './session.js';

/**
 * Asks for mediation and registers the DID. Gives the DID that messages have to be routed by. Throws ERR_REFUSED when the
 * mediator will not, and what requests throw.
 */
export async function register(session: Session, did: string, invitationId: string): Promise<string> {
  const mediation = new MediationClient(session.exchange, '3.0');
  const [routingDid] = await mediation.request(invitationId);
  const refused = await mediation.update([{ did, action: 'add' }]);
  if (refused.length > 0 || routingDid === undefined) {
    throw new WaypostError('ERR_REFUSED', 'the mediator does not take messages for this DID');
  }
  return routingDid;
}

/**
 * Registers a mailbox that is not yet. Where the mediator has another routing DID than its own, the DID of the mailbox is
 * made anew with that one in it; nobody has learnt it so far. Throws what {@link register} and dialling throw.
 */
export async function ensureRegistered(
  mailbox: Mailbox,
  passphrase: string | undefined,
  options: Omit<CorrespondentOptions, 'mailbox'>,
): Promise<Mailbox> {
  if (mailbox.mediator.isRegistered) return mailbox;
  const { folder, mediator } = mailbox;
  let { own } = mailbox;
  for (let routedBy = mediator.did; ; ) {
    await using correspondent = await createCorrespondent({ ...options, mailbox: { ...mailbox, own } });
    await using session = openSession(correspondent, await dialMediator(correspondent));
    const routingDid = await register(session, own.did, mediator.invitationId);
    const { canonical } = correspondent.resolver;
    const same = (a: string, b: string) =>
      canonical.call(correspondent.resolver, a) === canonical.call(correspondent.resolver, b);
    if (same(routingDid, routedBy)) break;
    own = await replaceOwnDid(folder, passphrase, routingDid);
    routedBy = routingDid;
  }
  const registered = { ...mediator, isRegistered: true };
  await writeMediator(folder, registered);
  return { folder, own, mediator: registered };
}
