import { WaypostError } from '../core/errors.js';
import { bodyOf } from './body.js';
import type { Registry } from './mediation/registry.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { CUSTODY_RECEIPTS, type Receipts } from './receipts/receipts.js';
import { provenSender, unknownMessage } from './sender.js';

interface CustodyReceiptsOptions {
  readonly receipts: Pick<Receipts, 'again'>;
  readonly registry: Pick<Registry, 'setDeliveryWithheld'>;
}

/**
 * Custody Receipts 1.0 (`docs/protocols/custody-receipts.md`), the mediator: where a message is that it was given with the header `custody_receipt`, and whether
 * recipients let that be told. The first receipt is the answer to the forward, see `routing.ts`.
 */
export function createCustodyReceipts({ receipts, registry }: CustodyReceiptsOptions): Protocol {
  return {
    piuri: CUSTODY_RECEIPTS,
    roles: ['mediator'],
    async handle(received) {
      switch (received.type.name) {
        case 'statusrequest':
          return receipts.again(received, ticketIn(received));
        case 'setpreference':
          return setPreference(registry, received);
        default:
          throw unknownMessage(received);
      }
    },
  };
}

function ticketIn({ message }: Received): string {
  const { ticket } = bodyOf(message);
  if (typeof ticket === 'string') return ticket;
  throw new WaypostError('ERR_MESSAGE_MALFORMED', 'the body is malformed: ticket is not a text');
}

async function setPreference(registry: CustodyReceiptsOptions['registry'], received: Received): Promise<Reply> {
  const sender = provenSender(received);
  const { delivered } = bodyOf(received.message);
  if (delivered !== 'tell' && delivered !== 'withhold') {
    throw new WaypostError(
      'ERR_MESSAGE_MALFORMED',
      'the body is malformed: delivered is neither "tell" nor "withhold"',
    );
  }
  await registry.setDeliveryWithheld(sender.did, delivered === 'withhold');
  return { type: `${CUSTODY_RECEIPTS}/preference`, body: { delivered }, mayWait: true };
}
