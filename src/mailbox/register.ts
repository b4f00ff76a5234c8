import { WaypostError } from '../core/errors.js';
import { MediationClient } from '../protocols/client/mediation-client.js';
import { COORDINATE_MEDIATION_3 } from '../protocols/coordinate-mediation-3.js';
import type { Correspondent } from './correspondent.js';
import { dialMediator } from './dial-mediator.js';
import { openSession, type Session } from './session.js';

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

export interface Registration {
  readonly routingDid: string;
  /** The routing DID is the mediator's own, which the DID of the mailbox says already. */
  readonly isRoute: boolean;
}

/** Registers on a connection of its own; `signal` ends the dialling. Throws what {@link register} and dialling throw. */
export async function registerOnce(
  correspondent: Correspondent,
  invitationId: string,
  signal?: AbortSignal,
): Promise<Registration> {
  await using session = openSession(correspondent, await dialMediator(correspondent, signal));
  const routingDid = await register(session, correspondent.did, invitationId);
  return { routingDid, isRoute: correspondent.resolver.canonical(routingDid) === correspondent.mediator.did };
}
