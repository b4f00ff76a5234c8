import type { DeviceClock } from '../core/clock.js';
import { isTrustedQuality } from '../core/clock.js';
import type { JsonObject } from '../core/json.js';
import type { QueuedMessage } from '../store/message-store.js';
import { toAttachments } from './pickup/delivery.js';
import type { Pickup, StatusAnswer } from './pickup/pickup.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { problemReport } from './report-problem.js';
import { unknownMessage } from './sender.js';

export const MESSAGE_PICKUP_3 = 'https://didcomm.org/messagepickup/3.0';

/**
 * Message Pickup 3.0, the mediator. Whether live messages come wrapped in `delivery` is left open there; here they do,
 * because only so they can be acknowledged.
 */
export function createMessagePickup3(pickup: Pickup, clock: DeviceClock): Protocol {
  /** "A status MUST NOT be queued." */
  const status = (answer: StatusAnswer): Reply => ({
    type: `${MESSAGE_PICKUP_3}/status`,
    body: statusBody(answer, clock),
    mayWait: false,
  });
  const delivery = (messages: readonly QueuedMessage[], recipientDid?: string): Reply => ({
    type: `${MESSAGE_PICKUP_3}/delivery`,
    body: recipientDid === undefined ? {} : { recipient_did: recipientDid },
    attachments: toAttachments(messages),
    mayWait: false,
  });
  return {
    piuri: MESSAGE_PICKUP_3,
    roles: ['mediator'],
    async handle(received: Received) {
      switch (received.type.name) {
        case 'statusrequest':
          return status(await pickup.status(received));
        case 'deliveryrequest': {
          const { messages, recipientDid } = await pickup.deliver(received, 'limit');
          return messages.length > 0 ? delivery(messages, recipientDid) : status(await pickup.status(received));
        }
        case 'messagesreceived':
          return status(await pickup.acknowledge(received));
        case 'livedeliverychange': {
          const answer = await pickup.changeLive(received, delivery);
          if (!answer.isSupported) return problemReport(received, { code: 'e.m.live-mode-not-supported' });
          const { afterwards } = answer;
          return { ...status(answer.status), ...(afterwards === undefined ? {} : { afterwards }) };
        }
        default:
          throw unknownMessage(received);
      }
    },
  };
}

/** Seconds; points in time only while the clock is worth something. */
function statusBody(answer: StatusAnswer, clock: DeviceClock): JsonObject {
  const { messages, bytes, oldestAgeMs, newestAgeMs, recipientDid, isLive } = answer;
  const secondsAt = (ageMs: number): number => Math.floor((clock.nowMs() - ageMs) / 1000);
  return {
    ...(recipientDid === undefined ? {} : { recipient_did: recipientDid }),
    message_count: messages,
    total_bytes: bytes,
    live_delivery: isLive,
    ...(oldestAgeMs === undefined ? {} : { longest_waited_seconds: Math.floor(oldestAgeMs / 1000) }),
    ...(oldestAgeMs === undefined || newestAgeMs === undefined || !isTrustedQuality(clock.quality())
      ? {}
      : { oldest_received_time: secondsAt(oldestAgeMs), newest_received_time: secondsAt(newestAgeMs) }),
  };
}
