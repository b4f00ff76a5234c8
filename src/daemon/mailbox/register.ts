import { WaypostError } from '../../core/errors.js';
import { MediationClient } from '../../protocols/client/mediation-client.js';
import { COORDINATE_MEDIATION_3 } from '../../protocols/coordinate-mediation-3.js';
import { type CorrespondentOptions, createCorrespondent } from './correspondent.js';
import { writeMediator } from './mediator-file.js';
import { type Mailbox, replaceOwnDid } from './open-mailbox.js';
import { dialMediator, openSession, type Session } from './session.js';

/**
 * Asks for mediation and registers the DID. Gives the DID that messages have to be routed by. Throws ERR_REFUSED or
 * ERR_NOT_ALLOWED when the mediator will not, and what requests throw.
 */
export async function register(session: Session, did: string, invitationId: string): Promise<string> {
  const mediation = new MediationClient(COORDINATE_MEDIATION_3, (request) => session.line.ask(request));
  const [routingDid] = await mediation.request(invitationId);
  const [result] = await mediation.update([{ recipient_did: did, action: 'add' }]);
  if (result !== 'success' || routingDid === undefined) {
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
  const first = await registerOnce({ ...options, mailbox });
  if (!first.isRoute) {
    own = await replaceOwnDid(folder, passphrase, first.routingDid);
    await registerOnce({ ...options, mailbox: { ...mailbox, own } });
  }
  const registered = { ...mediator, isRegistered: true };
  await writeMediator(folder, registered);
  return { folder, own, mediator: registered };
}

/** `isRoute`: the DID of the mailbox says already that it is reached through the routing DID. */
async function registerOnce(options: CorrespondentOptions): Promise<{ routingDid: string; isRoute: boolean }> {
  await using correspondent = await createCorrespondent(options);
  await using session = openSession(correspondent, await dialMediator(correspondent));
  const routingDid = await register(session, correspondent.did, options.mailbox.mediator.invitationId);
  return { routingDid, isRoute: correspondent.resolver.canonical(routingDid) === correspondent.mediator.did };
}
