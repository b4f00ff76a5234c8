import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { protocolKey, protocolKeyOf } from './message-type.js';
import type { Protocol, Received, Reply } from './protocol.js';
import { ProblemReporter } from './report-problem.js';

/** What became of a message. With an error, `reply` is the problem report for a sender that may have one. */
interface Handled {
  readonly reply: Reply | undefined;
  readonly error: WaypostError | undefined;
}

/** Finds the protocol of a message. Whatever happens in it is an answer, never a crash. */
export class Dispatcher {
  readonly #protocols = new Map<string, Protocol>();
  readonly #problems = new ProblemReporter();

  constructor(protocols: readonly Protocol[]) {
    for (const protocol of protocols) this.#protocols.set(protocolKeyOf(protocol.piuri), protocol);
  }

  async dispatch(received: Received): Promise<Handled> {
    try {
      const protocol = this.#protocols.get(protocolKey(received.type));
      if (protocol === undefined) {
        throw new WaypostError('ERR_PROTOCOL_UNKNOWN', `${quote(received.message.type)} is not spoken here`);
      }
      return { reply: await protocol.handle(received), error: undefined };
    } catch (cause) {
      const error = isWaypostError(cause)
        ? cause
        : new WaypostError('ERR_INTERNAL', `${received.type.protocol} failed: ${String(cause)}`, { cause });
      return { reply: this.#problems.report(received, error), error };
    }
  }
}
