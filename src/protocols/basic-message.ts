import { quote, WaypostError } from '../core/errors.js';
import { bodyOf } from './body.js';
import type { Protocol, Sender } from './protocol.js';
import { provenSender, unknownMessage } from './sender.js';

export const BASIC_MESSAGE = 'https://didcomm.org/basicmessage/2.0';

export interface BasicMessage {
  readonly id: string;
  readonly from: Sender;
  readonly content: string;
  /** As the sender says, in seconds since 1970 UTC. */
  readonly createdTime: number | undefined;
  readonly lang: string | undefined;
}

/** Basic Message 2.0: a text for whoever operates this station. */
export function createBasicMessage(onMessage: (message: BasicMessage) => Promise<void> | void): Protocol {
  return {
    piuri: BASIC_MESSAGE,
    roles: ['sender', 'receiver'],
    async handle(received) {
      if (received.type.name !== 'message') throw unknownMessage(received);
      const from = provenSender(received);
      const { content } = bodyOf(received.message);
      if (typeof content !== 'string') {
        throw new WaypostError(
          'ERR_MESSAGE_MALFORMED',
          `the content of a basic message is ${quote(typeof content)}, not text`,
        );
      }
      const { id, created_time, lang } = received.message;
      await onMessage({
        id,
        from,
        content,
        createdTime: Number.isSafeInteger(created_time) ? created_time : undefined,
        lang: typeof lang === 'string' ? lang : undefined,
      });
      return undefined;
    },
  };
}
