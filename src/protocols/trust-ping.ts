import { bodyOf } from './body.js';
import type { Protocol, Reply } from './protocol.js';
import { unknownMessage } from './sender.js';

const TRUST_PING = 'https://didcomm.org/trust-ping/2.0';

/** Asks whether somebody is there. */
export const PING: Reply = { type: `${TRUST_PING}/ping`, body: { response_requested: true }, mayWait: false };

/** Trust Ping 2.0. A ping from nobody in particular can be answered to nobody, and is not. */
export function createTrustPing(): Protocol {
  return {
    piuri: TRUST_PING,
    roles: ['sender', 'receiver'],
    async handle(received) {
      if (received.type.name === 'pingresponse') return undefined;
      if (received.type.name !== 'ping') throw unknownMessage(received);
      const body = bodyOf(received.message);
      // `responseRequested` is how one agent in the field spells it.
      const isWanted = (body.response_requested ?? body.responseRequested ?? true) !== false;
      if (!isWanted || received.sender === null) return undefined;
      return { type: `${TRUST_PING}/ping-response`, body: {}, mayWait: true };
    },
  };
}
