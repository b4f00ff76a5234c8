import type { Address } from '../../src/transport/transport.js';
import type { Delivery } from './connection.js';
import { offerAgain, REASONS } from './incoming.js';
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
      await (await connection).publish(deviceTopic(place, id, 'down'), message, {}, signal);
    },
  });
  const receive = (delivery: Delivery): void => {
    if (peers.isOver) return;
    const id = deviceIn(place, delivery.topic);
    const { payload, contentType, isRetained } = delivery;
    if (id === undefined || isRetained || payload.length > context.limits.maxMessageBytes) {
      rejectTopic(context, delivery);
      return;
    }
    peers.deliver(id, {
      bytes: payload,
      mediaType: contentType,
      returnName: undefined,
      settle: async (reason) => {
        if (!reason?.retryable) return delivery.settle(reason === undefined ? 0 : REASONS.refused);
        offerAgain(context, reason, () => receive(delivery));
        return delivery.isCurrent();
      },
    });
  };
  return { filter: devicesFilter(place), status: undefined, peers, receive };
}
