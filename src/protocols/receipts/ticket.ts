import { fromBase64url, toBase64url } from '../../core/base64url.js';
import { concatBytes, fromUtf8, utf8 } from '../../core/bytes.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import { CONTENT_ENCRYPTION, type Primitives } from '../../crypto/primitives.js';
import type { MessageStore } from '../../store/message-store.js';
import { RECEIPT_KEY } from '../mediation/spaces.js';

/** What a ticket stands for. */
export interface TicketContent {
  /** The `next` of the forward, canonical. */
  readonly next: string;
  readonly messages: readonly TicketMessage[];
}

export interface TicketMessage {
  /** Of the message in the store. */
  readonly id: string;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly sha256: string;
}

const ENC = 'A256CBC-HS512';
const { keyBytes, ivBytes, tagBytes } = CONTENT_ENCRYPTION[ENC];
/** A ticket that was made here is shorter: twenty messages, and the longest DID that can be registered. */
const MAX_TICKET_CHARS = 16_384;

/**
 * The ids of receipts. A ticket is what this station would otherwise have to remember, sealed for itself and for nobody but
 * its holder: so there is nothing to fill up, nothing to push out, nothing to list, and no id that could be guessed.
 */
export class Tickets {
  readonly #store: Pick<MessageStore, 'get' | 'transact'>;
  readonly #primitives: Primitives;

  constructor(store: Pick<MessageStore, 'get' | 'transact'>, primitives: Primitives) {
    this.#store = store;
    this.#primitives = primitives;
  }

  /** `holder` is the canonical DID that may use the ticket. Throws what the store throws. */
  async issue(content: TicketContent, holder: string): Promise<string> {
    const key = await this.#key();
    const iv = this.#primitives.randomBytes(ivBytes);
    const sealed = this.#primitives.encrypt(ENC, key, iv, utf8(holder), utf8(JSON.stringify(content)));
    return toBase64url(concatBytes(iv, sealed.tag, sealed.ciphertext));
  }

  /** Throws ERR_NOT_ALLOWED for what is no ticket of this station, or somebody else's: both look the same. */
  async open(ticket: string, holder: string): Promise<TicketContent> {
    const key = await this.#key();
    try {
      if (ticket.length > MAX_TICKET_CHARS) throw new WaypostError('ERR_TOO_LARGE', 'too long');
      const bytes = fromBase64url(ticket, 'a ticket');
      const [iv, tag, ciphertext] = [
        bytes.subarray(0, ivBytes),
        bytes.subarray(ivBytes, ivBytes + tagBytes),
        bytes.subarray(ivBytes + tagBytes),
      ];
      if (ciphertext.length === 0) throw new WaypostError('ERR_TOO_LARGE', 'too short');
      // It was sealed here, so it has the shape that it was given.
      return JSON.parse(fromUtf8(this.#primitives.decrypt(ENC, key, iv, utf8(holder), { tag, ciphertext })));
    } catch (cause) {
      if (!isWaypostError(cause)) throw cause;
      throw new WaypostError('ERR_NOT_ALLOWED', 'a receipt is asked for with a ticket that is not the sender’s', {
        cause,
      });
    }
  }

  /** Made when it is needed for the first time; durable, so that tickets outlive restarts and move with backups. */
  async #key(): Promise<Uint8Array> {
    const present = await this.#store.get(RECEIPT_KEY, ENC);
    if (present !== undefined) return present;
    const value = this.#primitives.randomBytes(keyBytes);
    try {
      await this.#store.transact([
        { kind: 'require', space: RECEIPT_KEY, key: ENC, value: undefined },
        { kind: 'set', space: RECEIPT_KEY, key: ENC, value },
      ]);
      return value;
    } catch (error) {
      const other = isWaypostError(error, 'ERR_STORE_CONFLICT') ? await this.#store.get(RECEIPT_KEY, ENC) : undefined;
      if (other === undefined) throw error;
      return other;
    }
  }
}
