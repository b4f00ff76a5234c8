import type { Coordinator } from './mediation/coordinator.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { unknownMessage } from './sender.js';

export const COORDINATE_MEDIATION_3 = 'https://didcomm.org/coordinate-mediation/3.0';

/** Coordinate Mediation 3.0, the mediator: a list of routing DIDs. */
export function createCoordinateMediation3(coordinator: Coordinator, routingDid: () => string): Protocol {
  const answer = (name: string, body: Reply['body']): Reply => ({
    type: `${COORDINATE_MEDIATION_3}/${name}`,
    body,
    mayWait: true,
  });
  return {
    piuri: COORDINATE_MEDIATION_3,
    roles: ['mediator'],
    async handle(received: Received) {
      switch (received.type.name) {
        case 'mediaterequest': {
          const isGranted = await coordinator.grant(received);
          return isGranted ? answer('mediate-grant', { routing_did: [routingDid()] }) : answer('mediate-deny', {});
        }
        case 'recipientupdate':
          return answer('recipient-update-response', { updated: await coordinator.update(received) });
        case 'recipientquery': {
          const { recipients, pagination } = await coordinator.list(received);
          return answer('recipient', { dids: recipients.map((recipient_did) => ({ recipient_did })), pagination });
        }
        default:
          throw unknownMessage(received);
      }
    },
  };
}
