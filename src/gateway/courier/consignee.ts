import { WaypostError } from '../../core/errors.js';
import type { Deposits } from '../../protocols/deposits.js';
import type { Connection } from '../../protocols/protocol.js';
import type { PutResult } from '../../store/message-store.js';
import { recipientsOf } from './recipients.js';

interface ConsigneeOptions {
  readonly deposits: Pick<Deposits, 'put'>;
  canonical(did: string): string;
  /** Whether a canonical DID is one of this gateway. */
  isOwn(did: string): boolean;
  /** Handles a message for this gateway itself; throws a WaypostError when it was not taken. */
  receiveOwn(content: Uint8Array, connection: Connection): Promise<void>;
}

/** Queues a message for a DID that is not served here, to be pushed there; undefined where that is not done. */
export type PassOn = (did: string, content: Uint8Array, connection: Connection) => Promise<PutResult | undefined>;

export interface Consigned {
  /** `handled`: it was for this gateway itself. Everything that it caused is durable, as is what was stored. */
  readonly outcome: 'handled' | 'stored' | 'duplicate';
  /** The DID that it is encrypted for, as the envelope spells it. */
  readonly recipient: string;
}

/**
 * Takes messages that somebody else brings: a mediator that delivers, or a stick. The envelope says whom each is for.
 * What is for this gateway is handled as if it had arrived by itself; everything else goes, unread, to the mailbox of
 * the DID that it is encrypted for.
 */
export class Consignee {
  readonly #options: ConsigneeOptions;

  constructor(options: ConsigneeOptions) {
    this.#options = options;
  }

  /**
   * Takes one message; it is durable, or done, when this resolves. `connection` says who is counted for it. Throws
   * ERR_NEXT_UNKNOWN when it is for nobody here, and what opening, handling and storing throw.
   */
  async take(content: Uint8Array, connection: Connection, passOn?: PassOn): Promise<Consigned> {
    const { deposits, canonical, isOwn, receiveOwn } = this.#options;
    const recipients = recipientsOf(content);
    const own = recipients.find((did) => isOwn(canonical(did)));
    if (own !== undefined) {
      await receiveOwn(content, connection);
      return { outcome: 'handled', recipient: own };
    }
    for (const recipient of recipients) {
      const did = canonical(recipient);
      const [result] = (await deposits.put(did, [content], { depositor: connection.source })) ?? [
        await passOn?.(recipient, content, connection),
      ];
      if (result !== undefined) return { outcome: result.outcome, recipient };
    }
    throw new WaypostError('ERR_NEXT_UNKNOWN', 'a message is for a DID that is not registered here');
  }
}
