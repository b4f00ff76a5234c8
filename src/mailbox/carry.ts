import { fromUtf8 } from '../core/bytes.js';
import { isWaypostError, WaypostError } from '../core/errors.js';
import { newMessageId, type PlaintextMessage } from '../envelope/message.js';
import type { Unpacked } from '../envelope/unpack.js';
import { receiptFor } from '../gateway/courier/courier.js';
import { recipientsOf } from '../gateway/courier/recipients.js';
import { Packer } from '../gateway/packer.js';
import {
  type CustodyReceipt,
  forwardWithReceipt,
  isReceipt,
  readReceipt,
  receiptRequest,
} from '../protocols/client/custody-client.js';
import { parseMessageType } from '../protocols/message-type.js';
import type { Correspondent } from './correspondent.js';
import { parcelForMediator } from './parcel.js';
import { type Letter, packLetter } from './send.js';

/*
 * Messages between a mailbox and its mediator without a connection: on a screen, in a file. Nothing comes back on the way that
 * they go, so whoever carries one asks for what can come back on another one: a receipt, signed by the mediator.
 */

/** A message as it is carried to the mediator, and may later be sent to it: the mediator stores it once. */
export interface Carried {
  /** An envelope for the mediator. */
  readonly packed: string;
  /** What a receipt has to name; missing for a message to the mediator itself, for which there is none. */
  readonly expected?: { readonly thid: string; readonly sha256: string };
}

/**
 * Packs a message of ours for being carried. The mediator learns who wrote to whom, because only somebody who is known gets a
 * receipt. Throws what packing and looking for ways throw.
 */
export async function packToCarry(
  correspondent: Correspondent,
  to: string,
  message: PlaintextMessage,
): Promise<Carried> {
  const { did, envelopes, mediator, resolver } = correspondent;
  if (resolver.canonical(to) === mediator.did) {
    const [envelope] = await envelopes.pack(message, { mode: 'auth', from: did, to: [mediator.spelledAs] });
    if (envelope === undefined)
      throw new WaypostError('ERR_NO_COMMON_CURVE', 'nothing could be packed for the gateway');
    return { packed: envelope.packed };
  }
  const { packed, expected } = await packForReceipt(correspondent, await packLetter(correspondent, to, message));
  return { packed, expected };
}

/** A letter for the mediator to pass on to `next`, a DID, with a receipt for it. Throws what packing throws. */
export async function packForReceipt(
  correspondent: Correspondent,
  letter: Letter,
): Promise<Required<Carried> & { readonly next: string }> {
  const { did, envelopes, primitives, clock, mediator } = correspondent;
  const { next, content, sha256 } = await parcelForMediator(correspondent, letter);
  const forward = forwardWithReceipt(next, [{ data: { json: JSON.parse(content) } }]);
  const { id, packed } = await new Packer(envelopes, primitives, clock).pack(forward, did, mediator);
  return { packed: fromUtf8(packed), expected: { thid: id, sha256 }, next };
}

/** Asks the mediator again; the receipt comes to the mailbox. An envelope for it. Throws what packing throws. */
export async function packReceiptRequest(
  { did, envelopes, primitives, clock, mediator }: Correspondent,
  ticket: string,
): Promise<string> {
  const { packed } = await new Packer(envelopes, primitives, clock).pack(receiptRequest(ticket), did, mediator);
  return fromUtf8(packed);
}

/** Opens a message that was carried here; undefined when it is for somebody else. Throws what reading and opening it throw. */
export async function openCarried(
  { did, envelopes, resolver }: Pick<Correspondent, 'did' | 'envelopes' | 'resolver'>,
  content: Uint8Array,
): Promise<Unpacked | undefined> {
  const recipients = recipientsOf(content).map((recipient) => resolver.canonical(recipient));
  return recipients.includes(resolver.canonical(did)) ? envelopes.unpack(content) : undefined;
}

/**
 * Tells the mediator that messages that it showed are here (`docs/transports/file.md`, "The acknowledgement"). `hashes`: the
 * SHA-256 of each as it was carried, 64 hexadecimal digits.
 */
export function acknowledgeCarried(
  { did, mediator, primitives }: Pick<Correspondent, 'did' | 'mediator' | 'primitives'>,
  hashes: readonly string[],
): PlaintextMessage {
  const { type, body } = receiptFor(hashes);
  return { id: newMessageId(primitives), type, from: did, to: [mediator.spelledAs], body };
}

export function isCarriedAcknowledgement({ type }: Pick<PlaintextMessage, 'type'>): boolean {
  return type === receiptFor([]).type;
}

/** What the mediator says of messages that it was given, and in answer to which forward or request. */
export interface CarriedReceipt extends Pick<CustodyReceipt, 'ticket' | 'messages' | 'proof'> {
  readonly thid: string;
}

/**
 * The receipt in a message, if that is one and is proven to be the mediator's; undefined for anything else. Throws what is
 * retryable.
 */
export async function readCarriedReceipt(
  { mediator, envelopes, resolver }: Pick<Correspondent, 'mediator' | 'envelopes' | 'resolver'>,
  { message, from }: Pick<Unpacked, 'message' | 'from'>,
): Promise<CarriedReceipt | undefined> {
  const canonical = (did: string): string => resolver.canonical(did);
  try {
    const received = { message, type: parseMessageType(message.type) };
    if (from === null || canonical(from) !== mediator.did || !isReceipt(received)) return undefined;
    const { ticket, messages, proof } = await readReceipt(received, mediator.did, { envelopes, canonical });
    return message.thid === undefined ? undefined : { thid: message.thid, ticket, messages, proof };
  } catch (error) {
    if (!isWaypostError(error) || error.retryable) throw error;
    return undefined;
  }
}
