import { toHex } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.js';
import type { Primitives } from '../crypto/primitives.js';
import { type Attachment, attachmentBytes } from '../envelope/attachment.js';
import type { PutResult } from '../store/message-store.js';
import { bodyOf, didIn } from './body.js';
import type { Deposits, DepositTerms } from './deposits.js';
import type { Registry } from './mediation/registry.js';
import type { MessageType } from './message-type.js';
import type { Protocol, Received, Reply } from './protocol.js';
import type { Receipts } from './receipts/receipts.js';
import { unknownMessage } from './sender.js';

const ROUTING = 'https://didcomm.org/routing/2.0';

export interface RoutingOptions {
  readonly registry: Registry;
  readonly deposits: Deposits;
  readonly limits: RoutingLimits;
  readonly primitives: Primitives;
  readonly receipts: Pick<Receipts, 'first'>;
  canonical(did: string): string;
  isOwn(did: string): boolean;
  /** A forward to ourselves inside a forward to ourselves: what is in it arrives as if it came by itself. */
  receiveInner(content: Uint8Array, outer: Received): Promise<void>;
  /**
   * Asked for a `next` that is not registered here. One result for each of its messages when they were taken, durably, to
   * be pushed on; undefined when this station does not do that for this forward.
   */
  relay(forward: RelayedForward): Promise<readonly PutResult[] | undefined>;
}

export interface RelayedForward {
  readonly received: Received;
  /** As the forward spells it. */
  readonly next: string;
  readonly contents: readonly Uint8Array[];
  readonly terms: DepositTerms;
}

export interface RoutingLimits {
  readonly maxAttachments: number;
  /** Of one attachment, unpacked. */
  readonly maxDepth: number;
}

export const DEFAULT_ROUTING_LIMITS: RoutingLimits = { maxAttachments: 100, maxDepth: 100 };

/**
 * Routing 2.0, the mediator: what is attached to a `forward` waits for the DID in `next`, unchanged. When `handle` resolves,
 * all of it is stored durably, and when it throws, none of it is. There is no answer but the receipt that a sender asked
 * for who proved a DID (`custody-receipts.ts`).
 *
 * Throws ERR_NEXT_UNKNOWN for a DID that nobody registered here and that is not relayed to, ERR_MESSAGE_MALFORMED for attachments that are not
 * encrypted DIDComm messages, and what the store throws. `delay_milli` is not honoured: it is optional, and the
 * message is delivered sooner. `please_ack` is not honoured either ("Mediators MUST NOT").
 */
export function createRouting(options: RoutingOptions): Protocol {
  return {
    piuri: ROUTING,
    roles: ['mediator'],
    async handle(received) {
      if (received.type.name !== 'forward') throw unknownMessage(received);
      const next = didIn(bodyOf(received.message), 'next');
      if (next === undefined) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'a forward does not say `next`');
      const contents = readContents(received, options.limits);
      if (options.isOwn(next)) {
        for (const content of contents) await options.receiveInner(content, received);
        return undefined;
      }
      return deposit(options, received, next, contents);
    },
  };
}

async function deposit(
  options: RoutingOptions,
  received: Received,
  next: string,
  contents: readonly Uint8Array[],
): Promise<Reply | undefined> {
  const { registry, deposits, relay, canonical } = options;
  const expiresTime = received.message.expires_time;
  const terms: DepositTerms = {
    depositor:
      received.sender !== null && (await registry.hasAccount(received.sender.did))
        ? received.sender.did
        : received.connection.source,
    ...(Number.isSafeInteger(expiresTime) ? { expiresAtMs: Number(expiresTime) * 1000 } : {}),
  };
  const stored =
    (await deposits.put(canonical(next), contents, terms)) ?? (await relay({ received, next, contents, terms }));
  if (stored === undefined) throw new WaypostError('ERR_NEXT_UNKNOWN', `${quote(next, 200)} is not registered here`);
  if (received.message.custody_receipt === undefined) return undefined; // nearly always: no hash is made for nothing
  return options.receipts.first(received, { next: canonical(next), messages: identify(options, contents, stored) });
}

function identify({ primitives }: RoutingOptions, contents: readonly Uint8Array[], stored: readonly PutResult[]) {
  return stored.flatMap(({ id }, index) => {
    const content = contents[index];
    return content === undefined ? [] : [{ id, sha256: toHex(primitives.sha256(content)) }];
  });
}

/** A forward of whatever version. */
export function isForward(type: Pick<MessageType, 'protocol' | 'name'>): boolean {
  return type.protocol === 'routing' && type.name === 'forward';
}

function readContents(received: Received, limits: RoutingLimits): readonly Uint8Array[] {
  const attachments = received.message.attachments ?? [];
  if (attachments.length === 0) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'a forward has nothing attached');
  if (attachments.length > limits.maxAttachments) {
    const limit = `the limit is ${limits.maxAttachments}`;
    throw new WaypostError('ERR_TOO_LARGE', `a forward has ${attachments.length} attachments, ${limit}`);
  }
  return attachments.map((attachment) => readContent(attachment, limits));
}

/** The bytes to pass on. Only encrypted messages: the station is not a mailbox for anything else. */
function readContent(attachment: Attachment, limits: RoutingLimits): Uint8Array {
  const bytes = attachmentBytes(attachment);
  if (bytes === undefined) {
    throw new WaypostError(
      'ERR_MESSAGE_MALFORMED',
      'an attachment of a forward is a link; only inline content is taken',
    );
  }
  const { json } = attachment.data;
  const what = 'an attachment of a forward';
  const value = json === undefined ? parseJsonObject(bytes, { ...limits, maxBytes: bytes.length }, what) : json;
  if (isJsonObject(value) && isEncrypted(value)) return bytes;
  throw new WaypostError('ERR_MESSAGE_MALFORMED', `${what} is not an encrypted DIDComm message`);
}

function isEncrypted(value: JsonObject): boolean {
  return typeof value.ciphertext === 'string' && typeof value.protected === 'string' && Array.isArray(value.recipients);
}
