import type { Coordinator } from './mediation/coordinator.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { unknownMessage } from './sender.js';

export const COORDINATE_MEDIATION_2 = 'https://didcomm.org/coordinate-mediation/2.0';

/** Coordinate Mediation 2.0, the mediator: one routing DID, as text; recipients are called keys. */
export function createCoordinateMediation2(coordinator: Coordinator, routingDid: () => string): Protocol {
  const answer = (name: string, body: Reply['body']): Reply => ({
    type: `${COORDINATE_MEDIATION_2}/${name}`,
    body,
    mayWait: true,
  });
  return {
    piuri: COORDINATE_MEDIATION_2,
    roles: ['mediator'],
    async handle(received: Received) {
      switch (received.type.name) {
        case 'mediaterequest': {
          const isGranted = await coordinator.grant(received);
          return isGranted ? answer('mediate-grant', { routing_did: routingDid() }) : answer('mediate-deny', {});
        }
        case 'keylistupdate':
          return answer('keylist-update-response', { updated: await coordinator.update(received) });
        case 'keylistquery': {
          const { recipients, pagination } = await coordinator.list(received);
          return answer('keylist', { keys: recipients.map((recipient_did) => ({ recipient_did })), pagination });
        }
        default:
          throw unknownMessage(received);
      }
    },
  };
}
