import { isWaypostError, WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Dispatcher } from '../protocols/dispatcher.js';
import { ackReply, acksFor } from '../protocols/empty.js';
import type { Connection, Received, Reply } from '../protocols/protocol.js';
import type { Arrival } from '../transport/transport.js';
import type { Conversations } from './conversations.js';
import type { Intake, Opened } from './intake.js';
import { oneWayConnection } from './one-way-connection.js';
import type { Outbox } from './outbox.js';
import type { Packer } from './packer.js';
import type { PeerConnection } from './peer-connection.js';

interface HandlerOptions {
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly conversations: Conversations;
  readonly packer: Packer;
  readonly outbox: Outbox;
  readonly logger: Logger;
}

/** What became of a message, before its peer learns of it. */
interface Outcome {
  readonly error: WaypostError | undefined;
  /** Goes back with the verdict. */
  readonly packed?: Uint8Array;
  readonly afterwards?: (() => void) | undefined;
}

/** Forwards to ourselves inside each other. */
const MAX_DEPTH = 3;

/** What happens to a message that arrived: it is handled, answered, and accepted or refused; in this order. */
export class Handler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Opens a message, and throws what is wrong with it. It depends on no other message, and has no effect. */
  open(bytes: Uint8Array): Promise<Opened> {
    return this.#options.intake.unpack(bytes);
  }

  /** As `Intake.admit`: to be called in the order of the channel. */
  admit(opened: Opened, connection: PeerConnection): Promise<Received> {
    return this.#options.intake.admit(opened, connection, 0);
  }

  /**
   * Handles an admitted message and settles its arrival. Everything that is accepted is durable by then. Calls `onHandled`
   * once, when only the peer is waited for, which may take its time with reading the answer. Never rejects.
   */
  async handle(arrival: Arrival, received: Received, connection: PeerConnection, onHandled: () => void): Promise<void> {
    const { packed, error, afterwards } = await this.#work(received, connection);
    onHandled();
    try {
      if (error === undefined) await arrival.accept(packed);
    } catch (gone) {
      await this.refuse(arrival, connection, gone);
      return;
    }
    if (error !== undefined) await this.refuse(arrival, connection, error, packed);
    else afterwards?.();
  }

  /** Tells the peer that its message was not taken, and why. Never rejects: a peer that is gone will send it again. */
  async refuse(arrival: Arrival, connection: PeerConnection, reason: unknown, report?: Uint8Array): Promise<void> {
    const { logger } = this.#options;
    const error = toWaypostError(reason);
    const from = connection.remoteAddress;
    // Nothing was refused where the message is taken and only its answer could not be given.
    if (error.code === 'ERR_CHANNEL_CLOSED') logger.debug('peer.gone', { from, message: error.message });
    else logger[levelOf(error)]('message.refused', { from, code: error.code, message: error.message });
    try {
      await arrival.refuse(error, report);
    } catch (gone) {
      logger.debug('peer.gone', { from, message: String(gone) });
    }
  }

  /**
   * A message that was in a forward to ourselves. Its answer never goes back over the connection of the forward: that
   * belongs to whoever wrapped it. Throws what handling it threw, so that the forward is refused.
   */
  async handleInner(content: Uint8Array, outer: Received): Promise<void> {
    if (outer.depth >= MAX_DEPTH) {
      throw new WaypostError('ERR_ROUTE_LOOP', `more than ${MAX_DEPTH} forwards to this station are inside each other`);
    }
    await this.handleBrought(content, oneWayConnection(outer.connection), outer.depth + 1);
  }

  /**
   * A message that somebody else brought: everything that it causes is durable when this resolves. Throws what handling it
   * threw. `depth` counts the hands that it went through.
   */
  async handleBrought(content: Uint8Array, connection: Connection, depth: number): Promise<void> {
    const received = await this.#options.intake.open(content, connection, depth);
    const { reply, error } = await this.#answer(received);
    if (error !== undefined) throw error;
    if (reply?.mayWait) await this.#putAside(reply, received);
  }

  /** Whatever goes wrong is the outcome's error. */
  async #work(received: Received, connection: PeerConnection): Promise<Outcome> {
    try {
      const mayReturn = connection.mayReturn(received);
      const { reply, error } = await this.#answer(received);
      if (reply === undefined) return { error };
      if (mayReturn) return { error, packed: (await this.#pack(reply, received)).packed, afterwards: reply.afterwards };
      if (error === undefined && reply.mayWait) await this.#putAside(reply, received);
      return { error, afterwards: reply.afterwards };
    } catch (error) {
      return { error: toWaypostError(error) };
    }
  }

  async #answer(received: Received): Promise<{ reply: Reply | undefined; error: WaypostError | undefined }> {
    const { dispatcher, conversations, outbox } = this.#options;
    const { message, sender } = received;
    if (sender !== null) {
      if (message.ack !== undefined) await outbox.acknowledged(sender, message.ack);
      if (await conversations.take(received)) return { reply: undefined, error: undefined };
    }
    const { reply, error } = await dispatcher.dispatch(received);
    const acks = error === undefined ? acksFor(received) : [];
    if (acks.length === 0) return { reply, error };
    if (reply === undefined) return { reply: ackReply(acks), error };
    return { reply: { ...reply, headers: { ...reply.headers, ack: acks } }, error };
  }

  #pack(reply: Reply, { message, ownDid, sender }: Received): ReturnType<Packer['pack']> {
    if (sender === null) throw new WaypostError('ERR_INTERNAL', 'there is an answer but nobody to answer');
    return this.#options.packer.pack(reply, ownDid, sender, message.thid ?? message.id);
  }

  async #putAside(reply: Reply, received: Received): Promise<void> {
    if (received.sender === null) return;
    const { sender, connection, message } = received;
    await this.#options.outbox.put(await this.#pack(reply, received), sender, connection.source, message.id);
  }
}

/** A defect is an error, a limit of ours something to look after; all else is what peers do wrong. */
function levelOf({ code }: WaypostError): 'error' | 'warn' | 'info' {
  if (code === 'ERR_INTERNAL') return 'error';
  return /^ERR_(STORE|QUOTA)_/.test(code) ? 'warn' : 'info';
}

function toWaypostError(error: unknown): WaypostError {
  if (isWaypostError(error)) return error;
  return new WaypostError('ERR_INTERNAL', `handling a message failed: ${String(error)}`, { cause: error });
}
