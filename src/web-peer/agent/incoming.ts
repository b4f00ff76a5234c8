import { isWaypostError } from '../../core/errors.js';
import { newMessageId, type PlaintextMessage } from '../../envelope/message.js';
import type { DidResolver } from '../../envelope/resolvers.js';
import type { Unpacked } from '../../envelope/unpack.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { BASIC_MESSAGE } from '../../protocols/basic-message.js';
import { ackReply } from '../../protocols/empty.js';
import { parseMessageType, protocolKey, protocolKeyOf } from '../../protocols/message-type.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { Contact, OutboxEntry, OwnRecord } from '../storage/records.js';
import { picturesIn } from './pictures.js';

const BASIC_MESSAGE_KEY = protocolKeyOf(BASIC_MESSAGE);
const MAX_ACKS = 100;

export interface IncomingOptions {
  readonly own: Pick<OwnRecord, 'invitationId'>;
  readonly correspondent: Pick<Correspondent, 'did' | 'primitives' | 'clock' | 'logger'> & {
    readonly resolver: Pick<DidResolver, 'canonical'>;
  };
  readonly store: Pick<PeerStore, 'contact' | 'deliver' | 'putIncoming'>;
}

/**
 * Keeps what arrived: a text in the conversation of whoever is proven to have sent it, and acknowledgements beside the
 * messages that they are about. On disk when it resolves. True when there is something new to see. Throws what the store throws.
 */
export async function keepIncoming(options: IncomingOptions, unpacked: Unpacked): Promise<boolean> {
  const { correspondent, store } = options;
  const { from, encrypted, message } = unpacked;
  if (from === null || !encrypted) {
    correspondent.logger.warn('peer.unproven', { id: message.id });
    return false;
  }
  const did = correspondent.resolver.canonical(from);
  const acks = (message.ack ?? []).slice(0, MAX_ACKS);
  if (acks.length > 0) await store.deliver(did, acks);
  const text = textOf(message);
  if (text === undefined) return acks.length > 0;
  return (await keepText(options, unpacked, { did, spelledAs: from }, text)) || acks.length > 0;
}

async function keepText(
  { own, correspondent, store }: IncomingOptions,
  { message }: Unpacked,
  sender: Pick<Contact, 'did' | 'spelledAs'>,
  text: string,
): Promise<boolean> {
  const known = await store.contact(sender.did);
  const contact = known ?? { ...sender, name: '', isAccepted: message.pthid === own.invitationId };
  const wanted = (message.please_ack ?? []).slice(0, MAX_ACKS).map((id) => (id === '' ? message.id : id));
  const acks = contact.isAccepted ? acknowledge(correspondent, contact, wanted) : [];
  const atMs = correspondent.clock.nowMs();
  const unacknowledged = contact.isAccepted ? [] : wanted;
  const { pictures, notShown } = picturesIn(message);
  const attached = { ...(pictures.length > 0 ? { pictures } : {}), ...(notShown > 0 ? { notShown } : {}) };
  const content = { text, ...attached };
  const incoming = { direction: 'in', id: message.id, contact: sender.did, ...content, atMs, unacknowledged } as const;
  return store.putIncoming(incoming, contact, acks);
}

/** The message that tells a contact that messages of it are kept here (DIDComm v2.1, "ACKs"); none for no ids. */
export function acknowledge(
  { did, primitives }: Pick<Correspondent, 'did' | 'primitives'>,
  contact: Contact,
  ids: readonly string[],
): readonly OutboxEntry[] {
  const [first] = ids;
  if (first === undefined) return [];
  const { type, body, headers } = ackReply(ids);
  const to = contact.spelledAs;
  const message = { id: newMessageId(primitives), type, from: did, to: [to], thid: first, body, ...headers };
  return [{ contact: contact.did, to, message }];
}

/** Undefined for what is no Basic Message 2.0, and never an error: a message that cannot be taken would come for ever. */
function textOf({ type, body }: PlaintextMessage): string | undefined {
  if (!isBasicMessage(type)) return undefined;
  const content = body?.content;
  return typeof content === 'string' ? content : undefined;
}

function isBasicMessage(type: string): boolean {
  try {
    const parsed = parseMessageType(type);
    return protocolKey(parsed) === BASIC_MESSAGE_KEY && parsed.name === 'message';
  } catch (error) {
    if (isWaypostError(error, 'ERR_MESSAGE_MALFORMED')) return false;
    throw error;
  }
}
