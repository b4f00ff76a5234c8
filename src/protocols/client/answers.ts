import { quote, WaypostError } from '../../core/errors.js';
import type { Received, Reply } from '../protocol.js';

/** Sends a request to the mediator and gives its answer. Throws ERR_REFUSED when the answer is a problem report. */
export type Ask = (request: Reply) => Promise<Received>;

/** Sends a message that nothing is expected for. */
export type Tell = (message: Reply) => Promise<void>;

/** The name of a message that an answer must have, without case and punctuation; throws ERR_REFUSED for another. */
export function expectAnswer(answer: Pick<Received, 'message' | 'type'>, ...names: readonly string[]): string {
  const name = names.find((expected) => expected === answer.type.name);
  if (name !== undefined) return name;
  throw new WaypostError('ERR_REFUSED', `the mediator answers with ${quote(answer.message.type, 200)}`);
}
