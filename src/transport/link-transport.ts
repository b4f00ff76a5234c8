import { WaypostError } from '../core/errors.js';
import type { Link, LinkDriver } from '../link/link.js';
import type { LinkSessionContext } from '../link/link-context.js';
import { LinkSession } from '../link/link-session.js';
import { STATION_ID_BYTES } from '../link/session/frames.js';
import type { SessionLimits } from '../link/session/session.js';
import { SettledMessages } from '../link/settled-messages.js';
import { LinkAcceptor } from './link-acceptor.js';
import { LinkChannel } from './link-channel.js';
import type { AbortOptions, Address, Channel, Transport } from './transport.js';

/** What sessions on links need of the world, and `limits` that differ from {@link DEFAULT_LINK_LIMITS}. */
export interface LinkTransportOptions
  extends Omit<LinkSessionContext, 'limits' | 'settled' | 'transform' | 'closeTimeoutMs'> {
  readonly limits?: Partial<LinkTransportLimits>;
  /** Another form that messages take where the peer knows it too. Default: none. */
  readonly transform?: LinkSessionContext['transform'];
}

/** What sessions on links take, and how long they wait. */
export interface LinkTransportLimits extends SessionLimits {
  /** How long `dial` waits for the peer to answer, once the link is open. */
  readonly dialTimeoutMs: number;
  /** How long a closing channel waits for the peer to hear of it. */
  readonly closeTimeoutMs: number;
  /** Channels that wait at a listener for somebody to take them. */
  readonly maxWaitingChannels: number;
}

/** For messages of up to 1 MiB; 45 s of silence end a session. */
export const DEFAULT_LINK_LIMITS: LinkTransportLimits = {
  maxMessageBytes: 1024 * 1024,
  creditBytes: 2 * 1024 * 1024 + 64 * 1024,
  keepaliveMs: 15_000,
  deadAfterMs: 45_000,
  stallMs: 10 * 60_000,
  dialTimeoutMs: 10_000,
  closeTimeoutMs: 2000,
  maxWaitingChannels: 16,
};

/** A transport whose sessions can also run on links that were opened elsewhere. */
export interface LinkTransport extends Transport {
  /**
   * Begins a session on `link`, which is closed with the channel, and at once where nobody answers. Throws ERR_NETWORK
   * (retryable), or the signal's reason.
   */
  over(link: Link, options?: AbortOptions): Promise<Channel>;
}

/**
 * Makes a medium of frames a medium of messages: sessions of the link protocol (`docs/transports/link.md`) over the links of
 * a driver, a channel for each. Throws ERR_INVALID_ARGUMENT for a station id of another length than 16 bytes, and for a
 * credit that is less than one message.
 */
export function linkTransport(driver: LinkDriver, options: LinkTransportOptions): LinkTransport {
  if (options.stationId.length !== STATION_ID_BYTES) {
    const what = `a station id has ${options.stationId.length} bytes instead of ${STATION_ID_BYTES}`;
    throw new WaypostError('ERR_INVALID_ARGUMENT', what);
  }
  const { dialTimeoutMs, maxWaitingChannels, ...limits } = { ...DEFAULT_LINK_LIMITS, ...options.limits };
  if (limits.creditBytes < limits.maxMessageBytes) {
    const what = `a credit of ${limits.creditBytes} bytes, less than the ${limits.maxMessageBytes} of one message`;
    throw new WaypostError('ERR_INVALID_ARGUMENT', what);
  }
  const context: LinkSessionContext = {
    ...options,
    limits,
    closeTimeoutMs: limits.closeTimeoutMs,
    transform: options.transform,
    settled: new SettledMessages(),
  };

  const over: LinkTransport['over'] = async (link, { signal } = {}) => {
    const channel = new LinkChannel(link.remoteAddress, {
      maxMessageBytes: limits.maxMessageBytes,
      onClose: () => link[Symbol.asyncDispose](),
    });
    const session = new LinkSession(context, {
      link,
      isActive: true,
      onMessage: (message) => channel.deliver(message),
    });
    channel.attach(session);
    void readFrames(link, session, context);
    try {
      await within(session, dialTimeoutMs, context, signal);
    } catch (error) {
      await channel[Symbol.asyncDispose]();
      throw error;
    }
    return channel;
  };

  return {
    schemes: driver.schemes,
    supports: { dial: driver.supports.open, listen: driver.supports.accept, acknowledged: true, duplex: true },
    over,

    async dial(address: Address, { signal }: AbortOptions = {}) {
      signal?.throwIfAborted();
      return over(
        await driver.open(address, signal === undefined ? {} : { signal }),
        signal === undefined ? {} : { signal },
      );
    },

    async listen(address: Address, { signal }: AbortOptions = {}) {
      signal?.throwIfAborted();
      const listener = await driver.accept(address, signal === undefined ? {} : { signal });
      return new LinkAcceptor(listener, context, maxWaitingChannels);
    },
  };
}

/** Gives a session what arrives, and nothing faster than it can store it. Never rejects. */
async function readFrames(link: Link, session: LinkSession, { logger }: LinkSessionContext): Promise<void> {
  try {
    for await (const frame of link) await session.receive(frame);
  } catch (error) {
    logger.warn('link.failed', { link: link.remoteAddress, message: String(error) });
  } finally {
    session.linkEnded();
  }
}

/** Waits for the peer to say hello. Throws ERR_NETWORK (retryable) or the signal's reason. */
async function within(
  session: LinkSession,
  timeoutMs: number,
  { scheduler }: LinkSessionContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  let giveUp: (reason: unknown) => void = () => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  const abort = () => giveUp(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const cancel = scheduler.after(timeoutMs, () => {
    giveUp(new WaypostError('ERR_NETWORK', `nobody answered on the link within ${timeoutMs} ms`, { retryable: true }));
  });
  try {
    await Promise.race([session.established, givenUp]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}
