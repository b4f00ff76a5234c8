import { isWaypostError, WaypostError } from '../../core/errors.js';
import { withResolvers } from '../../core/with-resolvers.js';
import { type Attachment, attachmentBytes } from '../../envelope/attachment.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { PickupClient, readDelivery } from '../../protocols/client/pickup-client.js';
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
const MAX_REMEMBERED_ID_CHARS = 500;

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
  const take = async (delivered: readonly Attachment[]): Promise<void> => {
    if (await showAll(delivered, pickup, options)) resolve(true);
  };
  // One delivery after the other, or their messages would be shown in another order.
  let turn = Promise.resolve();
  session.listen(async (received) => {
    const delivery = readDelivery(received);
    if (delivery === undefined) return false;
    turn = turn.then(() => take(delivery.attachments)).catch(reject);
    return true;
  });
  const stop = () => stopped.resolve(false);
  signal.addEventListener('abort', stop, { once: true });
  const poll = async (): Promise<never> => {
    for (;;) {
      await take((await pickup.deliver(BATCH)).attachments);
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
  delivered: readonly Attachment[],
  pickup: PickupClient,
  { correspondent, seen, show }: ReceiveOptions,
): Promise<boolean> {
  for (const attachment of delivered) {
    const { id } = attachment;
    const content = attachmentBytes(attachment);
    if (id === undefined || content === undefined) continue; // nobody could acknowledge it
    let isEnough = false;
    try {
      const unpacked = await correspondent.envelopes.unpack(content);
      const name = `${unpacked.from ?? ''} ${unpacked.message.id}`.slice(-MAX_REMEMBERED_ID_CHARS);
      if (!seen.has(name)) {
        isEnough = show(unpacked);
        await seen.add(name);
      }
    } catch (error) {
      if (!isWaypostError(error) || error.retryable) throw error;
      correspondent.logger.warn('mailbox.unreadable', { id, code: error.code, message: error.message });
    }
    try {
      await pickup.acknowledge([id]);
      // An answer to a later request says that the acknowledgement was handled before the connection closes.
      if (isEnough) await pickup.count();
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
