import type { DeviceClock } from '../../core/clock.js';
import { isTrustedQuality } from '../../core/clock.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import type { Logger } from '../../core/logger.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Attachment } from '../../envelope/attachment.js';
import { MEDIA_TYPE } from '../../envelope/media-type.js';
import { newMessageId, type PlaintextMessage } from '../../envelope/message.js';
import type { Received, Reply } from '../protocol.js';
import type { TicketContent, Tickets } from './ticket.js';
import type { Whereabouts } from './whereabouts.js';

/** Custody Receipts 1.0, see `docs/protocols/custody-receipts.md`. */
export const CUSTODY_RECEIPTS = 'https://didcomm.org/custody-receipts/1.0';

interface ReceiptsOptions {
  readonly tickets: Tickets;
  readonly primitives: Primitives;
  readonly logger: Logger;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'quality'>;
  /** The signed form of a statement by `did`, one of our own: a general JSON JWS. */
  sign(statement: PlaintextMessage, did: string): Promise<string>;
  whereabouts(id: string, next: string): Promise<Whereabouts>;
}

/** In one receipt; a forward with more gets none. */
export const MAX_RECEIPT_MESSAGES = 20;
const STATEMENT_LIMITS = { maxBytes: 64 * 1024, maxDepth: 8 };

/** Makes receipts: a ticket to ask again with, and what is so now, signed. */
export class Receipts {
  readonly #options: ReceiptsOptions;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /**
   * The first receipt for messages that are on disk; undefined where none is asked for, where nobody is proven who could be
   * given it, and for more than {@link MAX_RECEIPT_MESSAGES}. Never fails: the messages are taken, with a receipt or without.
   */
  async first(received: Received, content: TicketContent): Promise<Reply | undefined> {
    const { message, sender } = received;
    if (message.custody_receipt !== true || sender === null) return undefined;
    if (content.messages.length > MAX_RECEIPT_MESSAGES) return undefined;
    try {
      const ticket = await this.#options.tickets.issue(content, sender.did);
      return await this.#receipt(received, ticket, content);
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      this.#options.logger.warn('receipt.not-given', { code: error.code, message: error.message });
      return undefined;
    }
  }

  /** The receipt of today for a ticket. Throws ERR_NOT_ALLOWED for somebody else's, and what signing and the store throw. */
  async again(received: Received, ticket: string): Promise<Reply> {
    if (received.sender === null) throw new WaypostError('ERR_NOT_ALLOWED', 'a ticket is of use to its holder only');
    return this.#receipt(received, ticket, await this.#options.tickets.open(ticket, received.sender.did));
  }

  async #receipt({ ownDid }: Received, ticket: string, { next, messages }: TicketContent): Promise<Reply> {
    const { primitives, clock, sign, whereabouts } = this.#options;
    const told = messages.map(async ({ id, sha256 }) => ({ sha256, ...(await whereabouts(id, next)) }));
    const statement: PlaintextMessage = {
      id: newMessageId(primitives),
      type: `${CUSTODY_RECEIPTS}/statement`,
      from: ownDid,
      ...(isTrustedQuality(clock.quality()) ? { created_time: Math.floor(clock.nowMs() / 1000) } : {}),
      body: { messages: await Promise.all(told) },
    };
    const json = parseJsonObject(await sign(statement, ownDid), STATEMENT_LIMITS, 'a signed statement');
    const attachment: Attachment = { media_type: MEDIA_TYPE.signed, data: { json } };
    return { type: `${CUSTODY_RECEIPTS}/receipt`, body: { ticket }, attachments: [attachment], mayWait: true };
  }
}
