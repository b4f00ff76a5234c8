import { isWaypostError, WaypostError } from '../../core/errors.js';
import { withResolvers } from '../../core/with-resolvers.js';
import { attachmentBytes } from '../../envelope/attachment.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { type Delivery, PickupClient, readDelivery } from '../../protocols/client/pickup-client.js';
import { MESSAGE_PICKUP_3 } from '../../protocols/messagepickup-3.js';
import { Backoff } from '../../transport/reconnect.js';
import type { Correspondent } from './correspondent.js';
import type { Mailbox } from './open-mailbox.js';
import { register } from './register.js';
import type { Seen } from './seen.js';
import { dialMediator, openSession, type Session } from './session.js';

export interface ReceiveOptions {
  readonly mailbox: Mailbox;
  readonly correspondent: Correspondent;
  readonly seen: Seen;
  /** Shows a message; from then on it counts as received. True: it was the last one that is wanted. */
  show(unpacked: Unpacked): boolean;
  /** Ends the receiving. */
  readonly signal: AbortSignal;
}

const BATCH = 10;
const POLL_MS = 2000;
const BACKOFF = { initialMs: 250, maxMs: 5000 };

/**
 * Receives messages until `show` has enough or `signal` aborts: in live mode where the connection can, else by asking. A
 * connection that breaks is made again. Resolves with true when there was enough. Throws what trying again cannot change.
 */
export async function receive(options: ReceiveOptions): Promise<boolean> {
  const { correspondent, signal } = options;
  const { scheduler, logger } = correspondent;
  const backoff = new Backoff({ ...BACKOFF, random: Math.random });
  while (!signal.aborted) {
    try {
      if (await receiveOnce(options, backoff)) return true;
    } catch (error) {
      if (signal.aborted) break;
      if (!isWaypostError(error) || !error.retryable) throw error;
      logger.info('mailbox.disconnected', { message: error.message });
    }
    await pause(scheduler, backoff.nextMs(), signal);
  }
  return false;
}

/** On one connection. */
async function receiveOnce(options: ReceiveOptions, backoff: Backoff): Promise<boolean> {
  const { correspondent, signal } = options;
  await using session = openSession(correspondent, await dialMediator(correspondent, signal));
  return await receiveOn(session, options, backoff);
}

async function receiveOn(session: Session, options: ReceiveOptions, backoff: Backoff): Promise<boolean> {
  const { mailbox, correspondent, signal } = options;
  const { promise: enough, resolve, reject } = withResolvers<boolean>();
  const stopped = withResolvers<false>();
  const { line } = session;
  const pickup = new PickupClient(
    MESSAGE_PICKUP_3,
    (request) => line.ask(request),
    (message) => line.tell(message),
  );
  const take = async (delivery: Delivery): Promise<void> => {
    if (await showAll(delivery, pickup, options)) resolve(true);
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
    await register(session, correspondent.did, mailbox.mediator.invitationId);
    const isLive = line.isPersistent && (await pickup.goLive());
    backoff.reset();
    return isLive ? enough : Promise.race([enough, poll()]);
  };
  try {
    return await Promise.race([work(), enough, gone, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    gone.catch(() => {}); // the connection ends in any case
  }
}

/** True when there is enough. What was shown is acknowledged, and nothing else. */
async function showAll(
  { attachments }: Delivery,
  pickup: PickupClient,
  { correspondent, seen, show }: ReceiveOptions,
): Promise<boolean> {
  for (const attachment of attachments) {
    const { id } = attachment;
    if (id === undefined) continue; // it could never be acknowledged
    let isEnough = false;
    try {
      const content = attachmentBytes(attachment);
      if (content === undefined) throw new WaypostError('ERR_MESSAGE_MALFORMED', 'a delivered message is a link');
      const unpacked = await correspondent.envelopes.unpack(content);
      if (!seen.has(unpacked)) {
        isEnough = show(unpacked);
        await seen.add(unpacked);
      }
    } catch (error) {
      if (!isWaypostError(error) || error.retryable) throw error;
      correspondent.logger.warn('mailbox.unreadable', { id, code: error.code, message: error.message });
    }
    try {
      await pickup.acknowledge([id]);
      // An answer to a later request says that the acknowledgement was handled before the connection closes.
      if (isEnough) await pickup.deliver(1);
    } catch (error) {
      // What was shown is shown: the mediator gives it again some day, and it is not shown again.
      if (!isEnough) throw error;
    }
    if (isEnough) return true;
  }
  return false;
}

function pause(scheduler: Correspondent['scheduler'], ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = withResolvers<void>();
  const cancel = scheduler.after(ms, resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(cancel);
}
