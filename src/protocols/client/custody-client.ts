import { quote, WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { type Attachment, attachmentBytes } from '../../envelope/attachment.js';
import { isDid } from '../../envelope/did-url.js';
import type { Envelopes } from '../../envelope/envelopes.js';
import { FORWARD_TYPE } from '../../envelope/forward.js';
import { bodyOf, objectsIn } from '../body.js';
import { DISCOVER_FEATURES } from '../discover-features.js';
import { parseMessageType } from '../message-type.js';
import type { Received, Reply } from '../protocol.js';
import { CUSTODY_RECEIPTS, MAX_RECEIPT_MESSAGES } from '../receipts/receipts.js';
import type { DropReason, Whereabouts } from '../receipts/whereabouts.js';
import { type Answer, type Ask, expectAnswer } from './answers.js';

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

/** A hundred years: what is longer is no time since which a date could be told. */
const MAX_SECONDS = 3_200_000_000;
const CONTENT_HASH = /^[0-9a-f]{64}$/;

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

  /** Whether the station says that it gives receipts. Throws what `ask` throws. */
  async isSpoken(): Promise<boolean> {
    const queries = [{ 'feature-type': 'protocol', match: CUSTODY_RECEIPTS }];
    const answer = await this.#ask({ type: `${DISCOVER_FEATURES}/queries`, body: { queries }, mayWait: false });
    const { disclosures } = bodyOf(answer.message);
    if (!Array.isArray(disclosures)) return false;
    return disclosures.some((disclosure) => isJsonObject(disclosure) && disclosure.id === CUSTODY_RECEIPTS);
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
  received: Answer,
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

/** Built anew, so that nothing else that a station wrote goes any further. */
function readToldOf({ state, sha256, seconds, to, reason }: JsonObject): ToldOf {
  if (typeof sha256 !== 'string' || !CONTENT_HASH.test(sha256)) throw malformed(`sha256 is ${quote(sha256)}`);
  if (state === 'accepted' || state === 'forgotten') return { state, sha256 };
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 0 || seconds > MAX_SECONDS) {
    throw malformed(`seconds is ${quote(seconds)}`);
  }
  switch (state) {
    case 'held':
    case 'delivered':
      return { state, sha256, seconds };
    case 'handed-on':
      if (to !== undefined && !isDid(to)) throw malformed(`to is ${quote(to)}, not a DID`);
      return { state, sha256, seconds, ...(to === undefined ? {} : { to }) };
    case 'dropped':
      if (!isDropReason(reason)) throw malformed(`reason is ${quote(reason)}`);
      return { state, sha256, seconds, reason };
    default:
      throw malformed(`state is ${quote(state)}`);
  }
}

function isDropReason(reason: unknown): reason is DropReason {
  return reason === 'expired' || reason === 'retention' || reason === 'purged';
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_MESSAGE_MALFORMED', `a receipt is malformed: ${why}`);
}
