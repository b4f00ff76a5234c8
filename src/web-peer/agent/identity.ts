import { quote, WaypostError } from '../../core/errors.js';
import type { Primitives } from '../../crypto/primitives.js';
import { createDid } from '../../did/create.js';
import { newMessageId } from '../../envelope/message.js';
import { type Invitation, invitationUrl, parseInvitation } from '../../protocols/out-of-band.js';
import type { OwnRecord } from '../storage/records.js';

/** What gateways write into their invitations (Out-of-Band 2.0, "goal_code"). */
const MEDIATION_GOAL = 'request-mediate';
const CHAT_GOAL = 'chat';

/** What somebody is invited to: to keep its mailbox at a gateway, or to write to a person. */
export type Invited =
  | { readonly kind: 'gateway'; readonly invitation: Invitation }
  | { readonly kind: 'person'; readonly invitation: Invitation };

/** Reads what was pasted, scanned or came with the address of the page. Throws what `parseInvitation` throws. */
export function readInvited(text: string): Invited {
  const invitation = parseInvitation(text);
  return { kind: invitation.goalCode === MEDIATION_GOAL ? 'gateway' : 'person', invitation };
}

/** Fresh keys for somebody who is reached through the DID of a mediator (DIDComm v2.1, "Using a DID as an endpoint"). */
export function createKeys(primitives: Primitives, routingDid: string): Pick<OwnRecord, 'did' | 'secrets'> {
  const services = [{ t: 'dm', s: { uri: routingDid, a: ['didcomm/v2'] } }];
  const { did, secrets } = createDid(primitives, { method: 'peer2', services });
  return { did, secrets };
}

/** Somebody new, with its mailbox at the gateway of the invitation. Throws ERR_USAGE for the invitation of a person. */
export function createOwn(primitives: Primitives, name: string, invited: Invited): OwnRecord {
  const { kind, invitation } = invited;
  if (kind !== 'gateway') {
    throw new WaypostError(
      'ERR_USAGE',
      `this invites to write to ${quote(invitation.goal ?? 'somebody')}: follow one of a gateway first`,
    );
  }
  return {
    ...createKeys(primitives, invitation.from),
    name,
    mediatorDid: invitation.from,
    mediatorInvitationId: invitation.id,
    isRegistered: false,
    invitationId: newMessageId(primitives),
  };
}

/**
 * What to give to others so that they can write; `page` is the address of this page. The invitation stands in the fragment,
 * which a browser sends to nobody.
 */
export function ownInvitation({ did, name, invitationId }: OwnRecord, page: URL): string {
  const base = `${page.origin}${page.pathname}#`;
  return invitationUrl({ id: invitationId, from: did, goalCode: CHAT_GOAL, goal: name }, base);
}
