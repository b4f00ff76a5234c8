import { utf8 } from '../core/bytes.js';
import { isTrustedQuality } from '../core/clock.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { FORWARD_TYPE } from '../envelope/forward.js';
import { newMessageId, type PlaintextMessage } from '../envelope/message.js';
import { findRoutes, type Route } from '../envelope/route.js';
import { BASIC_MESSAGE } from '../protocols/basic-message.js';
import type { Address, Transport } from '../transport/transport.js';
import type { Correspondent } from './correspondent.js';

/** Where a message is now. */
export type Sent = {
  readonly id: string;
  /** `mediator`: with the sender's own mediator, which is the recipient's too or sends it on; `recipient`: with the recipient's. */
  readonly via: 'mediator' | 'recipient';
};

/**
 * Sends a text (Basic Message 2.0); it was accepted when this resolves. First through the mediator of the mailbox, which is
 * near and keeps what cannot leave now; where that does not pass messages on, to an endpoint of the recipient.
 * Throws what packing and sending throw; retryable when nobody could be reached.
 */
export async function sendText(correspondent: Correspondent, to: string, text: string): Promise<Sent> {
  return sendLetter(correspondent, await packLetter(correspondent, to, composeText(correspondent, to, text)));
}

/** A Basic Message 2.0 of ours. */
export function composeText(
  { did, primitives, clock }: Pick<Correspondent, 'did' | 'primitives' | 'clock'>,
  to: string,
  text: string,
): PlaintextMessage {
  return {
    id: newMessageId(primitives),
    type: `${BASIC_MESSAGE}/message`,
    from: did,
    to: [to],
    ...(isTrustedQuality(clock.quality()) ? { created_time: Math.floor(clock.nowMs() / 1000) } : {}),
    body: { content: text },
  };
}

/**
 * A packed message, and the ways to its recipient: at least one. Sent again as it is, it is stored once, and a transfer
 * that broke off goes on.
 */
export interface Letter {
  readonly id: string;
  readonly to: string;
  readonly packed: string;
  /** What the mediator of the sender is given. */
  readonly forMediator: string;
  readonly routes: readonly [Route, ...Route[]];
}

/** Throws what packing and looking for ways throw, and ERR_NO_SERVICE. */
export async function packLetter(correspondent: Correspondent, to: string, message: PlaintextMessage): Promise<Letter> {
  const { did, envelopes, resolver } = correspondent;
  const [envelope] = await envelopes.pack(message, { mode: 'auth', from: did, to: [to] });
  if (envelope === undefined)
    throw new WaypostError('ERR_NO_COMMON_CURVE', 'nothing could be packed for the recipient');
  const [first, ...others] = await findRoutes(resolver, to);
  if (first === undefined) throw new WaypostError('ERR_NO_SERVICE', `${quote(to, 60)} cannot be reached by anybody`);
  const { packed } = envelope;
  const forMediator = await packForMediator(correspondent, first, to, packed);
  return { id: message.id, to, packed, forMediator, routes: [first, ...others] };
}

/** Sends it as {@link sendText} does. */
export async function sendLetter(correspondent: Correspondent, letter: Letter): Promise<Sent> {
  const { id, to, packed, routes } = letter;
  try {
    await post(correspondent, correspondent.endpoints.http, letter.forMediator);
    return { id, via: 'mediator' };
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    await directly(correspondent, routes, to, packed, error);
    return { id, via: 'recipient' };
  }
}

async function packForMediator(
  correspondent: Correspondent,
  route: Route,
  to: string,
  packed: string,
): Promise<string> {
  const { envelopes, mediator, resolver, did, primitives } = correspondent;
  const [outermost] = route.routingKeys;
  const wrapped = await envelopes.wrapForward(packed, { next: to, routingKeys: route.routingKeys });
  const isSame = outermost !== undefined && resolver.canonical(outermost) === mediator.did;
  if (isSame) return wrapped;
  // Authcrypted: a mediator passes messages on for those it knows, and for nobody else.
  const forward: PlaintextMessage = {
    id: newMessageId(primitives),
    type: FORWARD_TYPE,
    body: { next: outermost ?? to },
    attachments: [{ data: { json: JSON.parse(wrapped) } }],
  };
  const [outer] = await envelopes.pack(forward, { mode: 'auth', from: did, to: [mediator.spelledAs] });
  return outer?.packed ?? '';
}

/** Gives the mediator an envelope that was packed for it before. Throws what sending throws. */
export async function sendToMediator(correspondent: Correspondent, packed: string): Promise<void> {
  await post(correspondent, correspondent.endpoints.http, packed);
}

/** Throws `before` when the recipient has no endpoint that could be tried. */
async function directly(
  correspondent: Correspondent,
  routes: readonly Route[],
  to: string,
  packed: string,
  before: WaypostError,
): Promise<void> {
  let failure = before;
  for (const { uri, routingKeys } of routes) {
    if (!/^https?:/.test(uri)) continue;
    try {
      await post(
        correspondent,
        [uri as Address],
        await correspondent.envelopes.wrapForward(packed, { next: to, routingKeys }),
      );
      return;
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      // That something can be tried again is the more useful thing to say, and the own mediator the likely place.
      if (!failure.retryable) failure = error;
    }
  }
  throw failure;
}

/** To the first address that accepts it; a refusal for good is not asked for a second time. */
async function post({ http }: Correspondent, addresses: readonly Address[], packed: string): Promise<void> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      await postTo(http, address, packed);
      return;
    } catch (error) {
      if (!isWaypostError(error) || error.code === 'ERR_REFUSED') throw error;
      failure ??= error; // the first address is the most likely one
    }
  }
  throw failure;
}

async function postTo(http: Transport, address: Address, packed: string): Promise<void> {
  await using channel = await http.dial(address);
  await channel.send(utf8(packed));
}
