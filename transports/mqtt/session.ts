import type { Address } from '../../src/transport/transport.js';
import type { MqttChannel } from './channel.js';
import type { Delivery } from './connection.js';
import type { MqttContext } from './context.js';
import { Incoming } from './incoming.js';
import { type Publisher, publishMessage } from './outgoing.js';
import { Peers } from './peers.js';
import { type InboxPlace, inboxTopic, isReturnName, returnTopic, statusTopic } from './topics.js';

/** What a listener does on one connection: an inbox, or the devices below a prefix. */
export interface Session {
  /** What to subscribe to. */
  readonly filter: string;
  /** Where to say `online` and `offline`, retained; undefined for none. */
  readonly status: string | undefined;
  readonly peers: Peers;
  receive(delivery: Delivery): void;
}

export interface SessionOptions {
  readonly context: MqttContext;
  /** Once it is there; sends wait for it. */
  readonly connection: Promise<Publisher>;
  readonly onChannel: (channel: MqttChannel) => boolean;
  readonly onIdle: () => void;
}

/** PUBACK reason code of MQTT 5 for what nobody could have meant for us. */
const TOPIC_NAME_INVALID = 144;
/** In place of the name of a peer that did not say how to answer. */
const NOBODY = '';

/** The inbox of a station: a channel for each return path, and one for all messages without. */
export function openInbox(place: InboxPlace, { context, connection, onChannel, onIdle }: SessionOptions): Session {
  const topic = inboxTopic(place);
  const { origin } = place.broker;
  const peers = new Peers(context, {
    areDevices: false,
    onChannel,
    onIdle,
    addressOf: (name) => `${origin}/${name === NOBODY ? topic : returnTopic(place, name)}` as Address,
    senderTo: (name) => (isReturnName(name) ? senderTo(context, connection, returnTopic(place, name)) : undefined),
  });
  const incoming = new Incoming(context, {
    place,
    owner: `${origin}/${topic}`,
    onMessage: (message) => peers.deliver(message.returnName ?? NOBODY, message),
    onGreeting: (kind, name) => (kind === 'hello' ? peers.greet(name) : peers.forget(name)),
  });
  return {
    filter: topic,
    status: statusTopic(place),
    peers,
    receive: (delivery) => {
      if (peers.isOver) return; // what was to be offered again belongs to a connection that is gone
      if (delivery.topic === topic) incoming.receive(delivery);
      else rejectTopic(context, delivery);
    },
  };
}

function senderTo(context: MqttContext, connection: Promise<Publisher>, topic: string) {
  return async (message: Uint8Array, signal: AbortSignal | undefined): Promise<void> => {
    await publishMessage(await connection, message, { topic, sha256: context.sha256, returnPath: undefined }, signal);
  };
}

/** A broker that brings what was not asked for, or a device whose name is none. */
export function rejectTopic({ logger }: MqttContext, delivery: Delivery): void {
  logger.debug('mqtt.topic-refused', { bytes: delivery.payload.length });
  delivery.settle(TOPIC_NAME_INVALID);
}
