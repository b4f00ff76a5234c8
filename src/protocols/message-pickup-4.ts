import type { DeviceClock } from '../core/clock.js';
import { isTrustedQuality } from '../core/clock.js';
import type { JsonObject } from '../core/json.js';
import type { QueuedMessage } from '../store/message-store.js';
import { toAttachments } from './pickup/delivery.js';
import type { Pickup, StatusAnswer } from './pickup/pickup.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { problemReport } from './report-problem.js';
import { unknownMessage } from './sender.js';

export const MESSAGE_PICKUP_4 = 'https://didcomm.org/message-pickup/4.0';

/**
 * Message Pickup 4.0, the mediator: an empty queue is answered with an empty `delivery`, `messages-received` with
 * nothing, points in time are milliseconds, and the problem report is one of its own.
 */
export function createMessagePickup4(pickup: Pickup, clock: DeviceClock): Protocol {
  const status = (answer: StatusAnswer): Reply => ({
    type: `${MESSAGE_PICKUP_4}/status`,
    body: statusBody(answer, clock),
    mayWait: false,
  });
  const delivery = (messages: readonly QueuedMessage[], recipientDid?: string): Reply => ({
    type: `${MESSAGE_PICKUP_4}/delivery`,
    body: recipientDid === undefined ? {} : { recipient_did: recipientDid },
    attachments: toAttachments(messages),
    mayWait: false,
  });
  return {
    piuri: MESSAGE_PICKUP_4,
    roles: ['mediator'],
    async handle(received: Received) {
      switch (received.type.name) {
        case 'statusrequest':
          return status(await pickup.status(received));
        case 'deliveryrequest': {
          const { messages, recipientDid } = await pickup.deliver(received, 'message_count_limit');
          return delivery(messages, recipientDid);
        }
        case 'messagesreceived':
          await pickup.acknowledge(received);
          return undefined;
        case 'livedeliverychange': {
          const answer = await pickup.changeLive(received, delivery);
          if (!answer.isSupported) {
            const type = `${MESSAGE_PICKUP_4}/problem-report`;
            return problemReport(received, { code: 'e.m.live-mode-not-supported', type });
          }
          const { afterwards } = answer;
          return { ...status(answer.status), ...(afterwards === undefined ? {} : { afterwards }) };
        }
        default:
          throw unknownMessage(received);
      }
    },
  };
}

function statusBody(answer: StatusAnswer, clock: DeviceClock): JsonObject {
  const { messages, bytes, oldestAgeMs, newestAgeMs, recipientDid, isLive } = answer;
  const isTimed = oldestAgeMs !== undefined && newestAgeMs !== undefined && isTrustedQuality(clock.quality());
  return {
    ...(recipientDid === undefined ? {} : { recipient_did: recipientDid }),
    message_count: messages,
    total_bytes: bytes,
    live_delivery: isLive,
    ...(isTimed
      ? { oldest_received_time: clock.nowMs() - oldestAgeMs, newest_received_time: clock.nowMs() - newestAgeMs }
      : {}),
  };
}
