import { isWaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import type { Address, Channel } from '../../src/transport/transport.js';
import { MqttChannel } from './channel.js';
import { connectToBroker } from './connect.js';
import type { BrokerConnection } from './connection.js';
import { base32Name, type MqttContext } from './context.js';
import { withDeadline } from './deadline.js';
import { encodeGreeting } from './frame-codec.js';
import { Incoming } from './incoming.js';
import { publishMessage } from './outgoing.js';
import { type InboxPlace, inboxTopic, returnTopic } from './topics.js';

const RETURN_NAME_CHARS = 22;

/** Connects to the broker of an inbox, with a return path of its own. Throws what {@link Transport.dial} throws. */
export function dialInbox(
  address: Address,
  place: InboxPlace,
  context: MqttContext,
  callerSignal: AbortSignal | undefined,
): Promise<Channel> {
  return withDeadline(context.scheduler, context.limits.connectTimeoutMs, callerSignal, (signal) =>
    connectAndListen(address, place, context, signal),
  );
}

async function connectAndListen(
  address: Address,
  place: InboxPlace,
  context: MqttContext,
  signal: AbortSignal,
): Promise<Channel> {
  const { limits, scheduler } = context;
  const { origin } = place.broker;
  const name = base32Name(context.randomBytes(RETURN_NAME_CHARS));
  const topic = inboxTopic(place);
  const back = returnTopic(place, name);
  let channel: MqttChannel | undefined;
  const incoming = new Incoming(context, {
    place,
    owner: `${origin}/${back}`,
    onMessage: (message) => channel?.deliver(message),
    onGreeting: () => undefined,
  });
  const connection = await connectToBroker(
    () => context.open(place.broker, signal),
    {
      origin,
      clientId: name,
      credentials: context.credentials(origin),
      isPersistent: false,
      will: { topic, payload: encodeGreeting('goodbye', name), retain: false },
      versions: context.versions,
      limits,
      scheduler,
      onDelivery: (delivery) => (delivery.topic === back ? incoming.receive(delivery) : delivery.settle()),
      onEvent: (event) => context.logger.debug(event),
    },
    signal,
  );
  try {
    const returnPath = (await unlessAborted(canListen(connection, back), signal)) ? { name, topic: back } : undefined;
    if (returnPath !== undefined) await connection.publish(topic, encodeGreeting('hello', name), {}, signal);
    channel = openChannel(address, context, connection, { topic, returnPath });
    return channel;
  } catch (error) {
    await connection.abandon();
    throw error;
  }
}

/** An access list may let us send and not be answered. */
async function canListen(connection: BrokerConnection, topic: string): Promise<boolean> {
  try {
    await connection.subscribe(topic);
    return true;
  } catch (error) {
    if (isWaypostError(error, 'ERR_REFUSED')) return false;
    throw error;
  }
}

interface Paths {
  readonly topic: string;
  readonly returnPath: { readonly name: string; readonly topic: string } | undefined;
}

function openChannel(
  remoteAddress: Address,
  { limits, sha256 }: MqttContext,
  connection: BrokerConnection,
  { topic, returnPath }: Paths,
): MqttChannel {
  const goodbye = returnPath === undefined ? undefined : encodeGreeting('goodbye', returnPath.name);
  const channel = new MqttChannel({
    remoteAddress,
    maxMessageBytes: limits.maxMessageBytes,
    deviceId: undefined,
    send: (message, signal) => publishMessage(connection, message, { topic, sha256, returnPath }, signal),
    onClose: async () => {
      if (goodbye !== undefined && connection.isOpen) {
        await connection.publish(topic, goodbye, {}).catch(() => undefined); // it is forgotten after a while anyhow
      }
      await connection[Symbol.asyncDispose]();
    },
  });
  void connection.closed.then(() => channel.end());
  return channel;
}
