import { WaypostError } from '../core/errors.js';
import type { Received, Sender } from './protocol.js';

/** The proven sender. Throws ERR_NOT_ALLOWED for a message that anybody may have sent. */
export function provenSender(received: Received): Sender {
  if (received.sender !== null) return received.sender;
  throw new WaypostError('ERR_NOT_ALLOWED', 'this request must prove its sender: authcrypt it, or sign and encrypt it');
}

/** A message that its protocol does not have. */
export function unknownMessage(received: Received): WaypostError {
  const { protocol, major, name } = received.type;
  return new WaypostError('ERR_PROTOCOL_UNKNOWN', `${protocol}/${major} has no message ${name} that can be sent here`);
}
