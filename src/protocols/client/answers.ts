import { quote, WaypostError } from '../../core/errors.js';
import type { Received, Reply } from '../protocol.js';

/** What is read of an answer. */
export type Answer = Pick<Received, 'message' | 'type'>;

/** Sends a request to the mediator and gives its answer. Throws ERR_REFUSED when the answer is a problem report. */
export type Ask = (request: Reply) => Promise<Answer>;

/** Sends a message that nothing is expected for. */
export type Tell = (message: Reply) => Promise<void>;

/** The name of a message that an answer must have, without case and punctuation; throws ERR_REFUSED for another. */
export function expectAnswer(answer: Answer, ...names: readonly string[]): string {
  const name = names.find((expected) => expected === answer.type.name);
  if (name !== undefined) return name;
  throw new WaypostError('ERR_REFUSED', `the mediator answers with ${quote(answer.message.type, 200)}`);
}
