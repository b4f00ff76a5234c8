import { isWaypostError, WaypostError } from '../core/errors.js';
import { withResolvers } from '../core/with-resolvers.js';
import { type Attachment, attachmentBytes } from '../envelope/attachment.js';
import type { Unpacked } from '../envelope/unpack.js';
import { type Delivery, PickupClient, readDelivery } from '../protocols/client/pickup-client.js';
import { MESSAGE_PICKUP_3 } from '../protocols/messagepickup-3.js';
import type { Backoff } from '../transport/reconnect.js';
import type { Correspondent } from './correspondent.js';
import { dialMediator } from './dial-mediator.js';
import { pause, persistently } from './persistently.js';
import { register } from './register.js';
import { openSession, type Session } from './session.js';

export interface ReceiveOptions {
  readonly correspondent: Correspondent;
  /** Of the mediator: asking for mediation again on each connection costs little, and mends what it has forgotten. */
  readonly invitationId: string;
  /**
   * Takes a message, which may come more than once. When this resolves it counts as received, and the mediator may delete it.
   * True: it was the last one that is wanted.
   */
  take(unpacked: Unpacked): Promise<boolean>;
  /** Told when messages arrive as they come, or are asked for, from now on. */
  onConnected?(): void;
  /** Told that this connection has ended. */
  onDisconnected?(): void;
  /** Ends the receiving. */
  readonly signal: AbortSignal;
}

const BATCH = 10;
const POLL_MS = 2000;

/**
 * Receives messages until `take` has enough or `signal` aborts: in live mode where the connection can, else by asking. A
 * connection that breaks is made again. Resolves with true when there was enough. Throws what trying again cannot change.
 */
export async function receive(options: ReceiveOptions): Promise<boolean> {
  const { correspondent, signal } = options;
  const attempt = async (backoff: Backoff) => ((await receiveOnce(options, backoff)) ? true : undefined);
  return (await persistently(attempt, { ...correspondent, signal })) ?? false;
}

/** On one connection. */
async function receiveOnce(options: ReceiveOptions, backoff: Backoff): Promise<boolean> {
  const { correspondent, signal } = options;
  await using session = openSession(correspondent, await dialMediator(correspondent, signal));
  return await receiveOn(session, options, backoff);
}

async function receiveOn(session: Session, options: ReceiveOptions, backoff: Backoff): Promise<boolean> {
  const { correspondent, invitationId, signal } = options;
  const { promise: enough, resolve, reject } = withResolvers<boolean>();
  const stopped = withResolvers<false>();
  const { line } = session;
  const pickup = new PickupClient(
    MESSAGE_PICKUP_3,
    (request) => line.ask(request),
    (message) => line.tell(message),
  );
  const take = async (delivery: Delivery): Promise<void> => {
    if (await takeAll(delivery, pickup, options)) resolve(true);
  };
  // One delivery after the other, or their messages would be shown in another order.
  let turn = Promise.resolve();
  session.listen(async (received) => {
    const delivery = readDelivery(received);
    if (delivery === undefined) return false;
    turn = turn.then(() => take(delivery)).catch(reject);
    return true;
  });
  const stop = () => stopped.resolve(false);
  signal.addEventListener('abort', stop, { once: true });
  const poll = async (): Promise<never> => {
    for (;;) {
      await take(await pickup.deliver(BATCH));
      await pause(correspondent.scheduler, POLL_MS, signal);
      signal.throwIfAborted();
    }
  };
  const gone = line.ended.then(() => {
    throw new WaypostError('ERR_CHANNEL_CLOSED', 'the mediator closed the connection', { retryable: true });
  });
  const work = async (): Promise<boolean> => {
    await register(session, correspondent.did, invitationId);
    const isLive = line.isPersistent && (await pickup.goLive());
    backoff.reset();
    options.onConnected?.();
    return isLive ? enough : Promise.race([enough, poll()]);
  };
  try {
    return await Promise.race([work(), enough, gone, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    options.onDisconnected?.();
    gone.catch(() => {}); // the connection ends in any case
  }
}

/** True when there is enough. What was taken is acknowledged, and nothing else. */
async function takeAll(
  { attachments }: Delivery,
  pickup: PickupClient,
  { correspondent, take }: ReceiveOptions,
): Promise<boolean> {
  for (const attachment of attachments) {
    const { id } = attachment;
    if (id === undefined) continue; // it could never be acknowledged
    const unpacked = await unpackOrWarn(attachment, correspondent);
    // Not acknowledged when this throws: it comes again.
    const isEnough = unpacked !== undefined && (await take(unpacked));
    try {
      await pickup.acknowledge([id]);
      // An answer to a later request says that the acknowledgement was handled before the connection closes.
      if (isEnough) await pickup.deliver(1);
    } catch (error) {
      // What was taken is taken: the mediator gives it again some day, and it is known then.
      if (!isEnough) throw error;
    }
    if (isEnough) return true;
  }
  return false;
}

/** Undefined for what can never be read: it would come again for ever. Throws what is retryable. */
async function unpackOrWarn(
  attachment: Attachment,
  { envelopes, logger }: Correspondent,
): Promise<Unpacked | undefined> {
  try {
    const content = attachmentBytes(attachment);
    if (content === undefined) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'a delivered message is a link');
    return await envelopes.unpack(content);
  } catch (error) {
    if (!isWaypostError(error) || error.retryable) throw error;
    logger.warn('mailbox.unreadable', { id: attachment.id, code: error.code, message: error.message });
    return undefined;
  }
}
