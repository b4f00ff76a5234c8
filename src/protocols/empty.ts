import type { PlaintextMessage } from '../envelope/message.js';
import type { Protocol, Received, Reply } from './protocol.js';

const EMPTY = 'https://didcomm.org/empty/1.0';
const EMPTY_TYPE = `${EMPTY}/empty`;

/** More are not acknowledged in one message. */
const MAX_ACKS = 100;

/** Empty 1.0: a message whose headers are all that it says, such as an ACK. */
export function createEmpty(): Protocol {
  return {
    piuri: EMPTY,
    roles: ['sender', 'receiver'],
    handle: async () => undefined,
  };
}

/**
 * The ids that `message` asks to have acknowledged (DIDComm v2.1, "ACKs"); "" means the message itself. Nothing for a
 * message that is itself an ACK, or two agents would never stop, nor for a forward, whose sender must not be told.
 */
export function acksFor(received: Received): readonly string[] {
  const { message, type } = received;
  if (message.please_ack === undefined || received.sender === null || isAck(message)) return [];
  if (type.protocol === 'routing' || type.name === 'problemreport') return [];
  return message.please_ack.slice(0, MAX_ACKS).map((id) => (id === '' ? message.id : id));
}

/** An ACK and nothing else. */
export function ackReply(ids: readonly string[]): Reply {
  return { type: EMPTY_TYPE, body: {}, headers: { ack: ids }, mayWait: true };
}

function isAck(message: PlaintextMessage): boolean {
  return message.ack !== undefined && message.ack.length > 0;
}
