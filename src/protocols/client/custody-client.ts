import { isWaypostError, quote, WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { type Attachment, attachmentBytes } from '../../envelope/attachment.js';
import type { Envelopes } from '../../envelope/envelopes.js';
import { FORWARD_TYPE } from '../../envelope/forward.js';
import { bodyOf, objectsIn } from '../body.js';
import { DISCOVER_FEATURES } from '../discover-features.js';
import { parseMessageType } from '../message-type.js';
import type { Received, Reply } from '../protocol.js';
import { CUSTODY_RECEIPTS, MAX_RECEIPT_MESSAGES } from '../receipts/receipts.js';
import type { Whereabouts } from '../receipts/whereabouts.js';
import { type Ask, expectAnswer } from './answers.js';

/** What a station says of one message, by the SHA-256 of its content. */
export type ToldOf = Whereabouts & { readonly sha256: string };

/** A receipt whose signature was verified. */
export interface CustodyReceipt {
  /** To ask again with; of use to whoever asked only. */
  readonly ticket: string;
  readonly messages: readonly ToldOf[];
  /** When it was signed, by the station's clock; seconds since 1970 UTC. Missing where the station does not know. */
  readonly createdTime: number | undefined;
  /** The signed statement, a JSON JWS: it convinces others too, and names neither sender nor recipient. */
  readonly proof: unknown;
}

/** What verifying needs. */
export interface ReceiptVerifier {
  readonly envelopes: Pick<Envelopes, 'unpack'>;
  canonical(did: string): string;
}

const STATES: ReadonlySet<unknown> = new Set(['held', 'delivered', 'handed-on', 'dropped', 'accepted', 'forgotten']);

/** Custody Receipts 1.0, the sender's side towards one station. */
export class CustodyClient {
  readonly #ask: Ask;
  readonly #station: string;
  readonly #verifier: ReceiptVerifier;

  /** `station` is the canonical DID that must have signed. */
  constructor(ask: Ask, station: string, verifier: ReceiptVerifier) {
    this.#ask = ask;
    this.#station = station;
    this.#verifier = verifier;
  }

  /** Whether the station says that it gives receipts; false also when it answers nothing that could be understood. */
  async isSpoken(): Promise<boolean> {
    const queries = [{ 'feature-type': 'protocol', match: CUSTODY_RECEIPTS }];
    try {
      const answer = await this.#ask({ type: `${DISCOVER_FEATURES}/queries`, body: { queries }, mayWait: false });
      const { disclosures } = bodyOf(answer.message);
      return (
        Array.isArray(disclosures) && disclosures.some((each) => isJsonObject(each) && each.id === CUSTODY_RECEIPTS)
      );
    } catch (error) {
      if (isWaypostError(error, 'ERR_REFUSED') && !error.retryable) return false;
      throw error;
    }
  }

  /** Gives messages to the station, for `next`, and the first receipt of it. Throws like {@link readReceipt}, and what `ask` throws. */
  async forward(next: string, attachments: readonly Attachment[]): Promise<CustodyReceipt> {
    return this.#receipt(forwardWithReceipt(next, attachments));
  }

  /** Throws like {@link readReceipt}, and what `ask` throws. */
  async status(ticket: string): Promise<CustodyReceipt> {
    return this.#receipt(receiptRequest(ticket));
  }

  async #receipt(request: Reply): Promise<CustodyReceipt> {
    return readReceipt(await this.#ask(request), this.#station, this.#verifier);
  }
}

/** A forward that asks for a receipt: to be sent by whoever is to get it, so not anonymously. */
export function forwardWithReceipt(next: string, attachments: readonly Attachment[]): Reply {
  return { type: FORWARD_TYPE, body: { next }, attachments, headers: { custody_receipt: true }, mayWait: false };
}

export function receiptRequest(ticket: string): Reply {
  return { type: `${CUSTODY_RECEIPTS}/status-request`, body: { ticket }, mayWait: false };
}

/** True for a receipt, of whatever station. */
export function isReceipt({ type }: Pick<Received, 'type'>): boolean {
  return type.protocol === 'custodyreceipts' && type.name === 'receipt';
}

/**
 * Reads a receipt and verifies it. Throws ERR_SIGNER_MISMATCH when another station than `station` (canonical DID) signed or
 * nobody did, ERR_SIGNATURE_INVALID, ERR_REFUSED for another message, ERR_MESSAGE_MALFORMED.
 */
export async function readReceipt(
  received: Received,
  station: string,
  { envelopes, canonical }: ReceiptVerifier,
): Promise<CustodyReceipt> {
  expectAnswer(received, 'receipt');
  const { ticket } = bodyOf(received.message);
  const [attachment] = received.message.attachments ?? [];
  const signed = attachment === undefined ? undefined : attachmentBytes(attachment);
  if (typeof ticket !== 'string' || attachment === undefined || signed === undefined) {
    throw malformed('it has no ticket, or no statement attached');
  }
  const { message, nonRepudiable, from } = await envelopes.unpack(signed);
  if (!nonRepudiable || from === null || canonical(from) !== station) {
    const signer = from === null ? 'nobody' : quote(from, 100);
    throw new WaypostError('ERR_SIGNER_MISMATCH', `a receipt is signed by ${signer}, not by ${quote(station, 100)}`);
  }
  const { protocol, name } = parseMessageType(message.type);
  if (protocol !== 'custodyreceipts' || name !== 'statement') throw malformed(`a ${quote(message.type)} is attached`);
  const messages = objectsIn(bodyOf(message), 'messages', MAX_RECEIPT_MESSAGES).map(readToldOf);
  const { created_time: createdTime } = message;
  return {
    ticket,
    messages,
    createdTime: Number.isSafeInteger(createdTime) ? createdTime : undefined,
    proof: attachment.data.json,
  };
}

function readToldOf(entry: JsonObject): ToldOf {
  const { state, sha256, seconds, to, reason } = entry;
  if (!STATES.has(state) || typeof sha256 !== 'string') throw malformed(`a message has state ${quote(state)}`);
  const isTimed = typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0;
  if (!isTimed && state !== 'accepted' && state !== 'forgotten') throw malformed('a state has no seconds');
  if (to !== undefined && typeof to !== 'string') throw malformed('to is not a text');
  if (state === 'dropped' && typeof reason !== 'string') throw malformed('a message was dropped for no reason');
  return entry as unknown as ToldOf;
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_MESSAGE_MALFORMED', `a receipt is malformed: ${why}`);
}
