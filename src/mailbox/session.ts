import { toHex } from '../core/bytes.js';
import { isWaypostError, WaypostError } from '../core/errors.js';
import { Conversations, type PeerListener } from '../gateway/conversations.js';
import { Intake } from '../gateway/intake.js';
import { Packer } from '../gateway/packer.js';
import { PeerConnection } from '../gateway/peer-connection.js';
import { Line } from '../gateway/upstream/line.js';
import type { Arrival, Channel } from '../transport/transport.js';
import type { Correspondent } from './correspondent.js';

/** A connection to the mediator of a mailbox. Disposing closes it. */
export interface Session extends AsyncDisposable {
  readonly line: Line;
  /** Takes what the mediator sends without having been asked. */
  listen(listener: PeerListener): void;
}

const REQUEST_MS = 15_000;
/** Nobody's DID is replaced while a command runs. */
const NO_ROTATIONS = { latest: async (did: string) => did, rotate: async () => {} };

export function openSession(correspondent: Correspondent, channel: Channel): Session {
  const { did, envelopes, primitives, resolver, clock, scheduler, logger, mediator } = correspondent;
  const packer = new Packer(envelopes, primitives, clock);
  const conversations = new Conversations(packer, scheduler);
  const canonical = (other: string): string => resolver.canonical(other);
  const intake = new Intake({ envelopes, registry: NO_ROTATIONS, clock, canonical });
  const connection = new PeerConnection(toHex(primitives.randomBytes(8)), channel, packer, clock.monotonicMs());

  const take = async (arrival: Arrival): Promise<void> => {
    try {
      const received = await intake.open(arrival.bytes, connection, 0);
      await arrival.accept();
      await conversations.take(received);
    } catch (error) {
      const reason = isWaypostError(error) ? error : new WaypostError('ERR_INTERNAL', String(error), { cause: error });
      logger.warn('mailbox.not-taken', { code: reason.code, message: reason.message });
    }
  };
  const pump = async (): Promise<void> => {
    for await (const arrival of channel) {
      // Not awaited: what one message leads to may wait for the next one.
      void take(arrival);
    }
  };
  const line = new Line({
    channel,
    conversations,
    scheduler,
    from: did,
    peer: mediator,
    answerMs: REQUEST_MS,
    headers: () => ({}),
    serve: () => pump().catch((error: unknown) => logger.debug('mailbox.channel-failed', { message: String(error) })),
    onAnswer: () => {},
  });
  return {
    line,
    listen: (listener) => conversations.listen(mediator.did, listener),
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
}
