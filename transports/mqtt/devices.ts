import type { Address } from '../../src/transport/transport.js';
import type { Delivery } from './connection.js';
import { offerAgain, REASONS, rejectDelivery } from './incoming.js';
import { publishWhole } from './outgoing.js';
import { Peers } from './peers.js';
import { rejectTopic, type Session, type SessionOptions } from './session.js';
import { type DevicesPlace, deviceIn, devicesFilter, deviceTopic } from './topics.js';

/**
 * Devices that speak no DIDComm (docs/transports/mqtt.md, "Devices"): a channel each. What arrives is what the device sent, byte
 * for byte; what is sent goes to its `down` topic.
 */
export function openDevices(place: DevicesPlace, { context, connection, onChannel, onIdle }: SessionOptions): Session {
  const peers = new Peers(context, {
    onChannel,
    onIdle,
    areDevices: true,
    addressOf: (id) => `${place.broker.origin}/${deviceTopic(place, id, 'down')}` as Address,
    senderTo: (id) => async (message, signal) => {
      await publishWhole(await connection, message, deviceTopic(place, id, 'down'), signal);
    },
  });
  const receive = (delivery: Delivery): void => {
    if (peers.isOver) return;
    const id = deviceIn(place, delivery.topic);
    const { payload, contentType, isRetained } = delivery;
    if (id === undefined) rejectTopic(context, delivery);
    else if (isRetained) rejectDelivery(context, delivery, 'mqtt.retained');
    else if (payload.length > context.limits.maxMessageBytes) rejectDelivery(context, delivery, 'mqtt.oversized');
    else {
      peers.deliver(id, {
        bytes: payload,
        mediaType: contentType,
        returnName: undefined,
        async settle(reason, isAnswered) {
          if (reason === undefined) return delivery.settle();
          if (!reason.retryable) return delivery.settle(REASONS.refused);
          // A device that is told keeps its frame. What the broker kept as well would only be in the way of others.
          if (isAnswered) return delivery.settle(REASONS.quotaExceeded);
          offerAgain(context, reason, () => receive(delivery));
          return delivery.isCurrent();
        },
      });
    }
  };
  return { filter: devicesFilter(place), status: undefined, peers, receive };
}
