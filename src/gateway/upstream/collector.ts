import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { type Attachment, attachmentBytes } from '../../envelope/attachment.js';
import type { Delivery } from '../../protocols/client/pickup-client.js';
import type { Connection } from '../../protocols/protocol.js';
import type { Consignee } from '../courier/consignee.js';

interface CollectorOptions {
  readonly consignee: Consignee;
  readonly logger: Logger;
}

/** What became of a delivery. */
export interface Collected {
  /** Ids that the mediator may delete: they are on disk here, or can never be of use to anybody. */
  readonly settled: readonly string[];
  readonly stored: number;
  readonly duplicates: number;
  readonly discarded: number;
  /** Why others could not be taken now; they stay with the mediator. */
  readonly failure: WaypostError | undefined;
}

type Outcome = 'stored' | 'duplicate' | 'discarded' | WaypostError;

/**
 * Takes over what a mediator delivers. Nothing is settled before it is durable here.
 *
 * What can never be delivered (malformed, refused for good, for somebody who is not registered here any more) is
 * discarded and logged: it would stand at the head of the mediator's queue for ever.
 */
export class Collector {
  readonly #options: CollectorOptions;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** `connection` says who is counted for the messages. Never throws. */
  async collect({ attachments }: Delivery, connection: Connection): Promise<Collected> {
    const outcomes = await Promise.all(attachments.map((attachment) => this.#take(attachment, connection)));
    const isSettled = (_: unknown, index: number): boolean => !isWaypostError(outcomes[index]);
    const count = (outcome: Outcome): number => outcomes.filter((each) => each === outcome).length;
    return {
      settled: attachments.filter(isSettled).flatMap(({ id }) => (id === undefined ? [] : [id])),
      stored: count('stored'),
      duplicates: count('duplicate'),
      discarded: count('discarded'),
      failure: outcomes.find((outcome) => isWaypostError(outcome)),
    };
  }

  async #take(attachment: Attachment, connection: Connection): Promise<Outcome> {
    try {
      const content = attachmentBytes(attachment);
      if (content === undefined) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'a delivered message is a link');
      const { outcome } = await this.#options.consignee.take(content, connection);
      return outcome === 'handled' ? 'stored' : outcome;
    } catch (cause) {
      const error = isWaypostError(cause) ? cause : internal(cause);
      if (error.retryable || error.code === 'ERR_INTERNAL') return error;
      this.#options.logger.warn('upstream.discarded', { code: error.code, message: error.message });
      return 'discarded';
    }
  }
}

function internal(cause: unknown): WaypostError {
  return new WaypostError('ERR_INTERNAL', `a delivered message could not be taken: ${String(cause)}`, { cause });
}
