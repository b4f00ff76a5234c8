import type { Link, LinkListener } from '../link/link.js';
import type { LinkSessionContext } from '../link/link-context.js';
import { LinkSession, type LinkSessionEnd } from '../link/link-session.js';
import { BoundedQueue } from './bounded-queue.js';
import { LinkChannel } from './link-channel.js';
import type { Address, Channel, Listener } from './transport.js';

/**
 * Turns links that come to a driver into channels. A link may outlive its session, as a serial line does: the next
 * session, of a peer that comes back or was restarted, is the next channel.
 */
export class LinkAcceptor implements Listener {
  readonly addresses: readonly Address[];
  readonly #listener: LinkListener;
  readonly #context: LinkSessionContext;
  readonly #channels: BoundedQueue<Channel>;
  readonly #links = new Set<ServedLink>();
  #isOpen = true;

  constructor(listener: LinkListener, context: LinkSessionContext, maxWaitingChannels: number) {
    this.addresses = listener.addresses;
    this.#listener = listener;
    this.#context = context;
    this.#channels = new BoundedQueue(maxWaitingChannels);
    void this.#takeLinks();
  }

  [Symbol.asyncIterator](): AsyncIterator<Channel> {
    return this.#channels[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    const untaken = this.#channels.clear();
    await this.#listener[Symbol.asyncDispose]();
    await Promise.all(untaken.map((channel) => channel[Symbol.asyncDispose]()));
    await Promise.all([...this.#links].map((link) => link.stopAccepting()));
  }

  async #takeLinks(): Promise<void> {
    try {
      for await (const link of this.#listener) this.#serve(link);
    } catch (error) {
      this.#context.logger.warn('link.listener-failed', { at: this.addresses[0], message: String(error) });
    }
    this.#channels.end();
  }

  #serve(link: Link): void {
    const served = new ServedLink(link, this.#context, (channel) => this.#isOpen && this.#channels.push(channel));
    this.#links.add(served);
    void served.done.then(() => this.#links.delete(served));
  }
}

/** One link and its sessions, one after the other. */
class ServedLink {
  readonly done: Promise<void>;
  readonly #link: Link;
  readonly #context: LinkSessionContext;
  readonly #onChannel: (channel: Channel) => boolean;
  #session: LinkSession;
  #isEstablished = false;
  #isAccepting = true;

  constructor(link: Link, context: LinkSessionContext, onChannel: (channel: Channel) => boolean) {
    this.#link = link;
    this.#context = context;
    this.#onChannel = onChannel;
    this.#session = this.#begin(undefined);
    this.done = this.#read();
  }

  /** No further session begins; one that somebody has goes on. */
  async stopAccepting(): Promise<void> {
    this.#isAccepting = false;
    if (!this.#isEstablished) await this.#link[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of this.#link) await this.#session.receive(frame);
    } catch (error) {
      this.#context.logger.warn('link.failed', { link: this.#link.remoteAddress, message: String(error) });
    } finally {
      this.#isAccepting = false;
      this.#session.linkEnded();
      await this.#link[Symbol.asyncDispose]();
    }
  }

  #begin(last: { session: LinkSession; end: LinkSessionEnd } | undefined): LinkSession {
    this.#isEstablished = false;
    const channel = new LinkChannel(this.#link.remoteAddress, {
      maxMessageBytes: this.#context.limits.maxMessageBytes,
      onClose: async () => {
        if (!this.#isAccepting) await this.#link[Symbol.asyncDispose]();
      },
    });
    const follows = last?.end.reason === 'restarted' ? { nonce: last.session.nonce, peer: last.end.hello } : undefined;
    const session = new LinkSession(this.#context, {
      link: this.#link,
      isActive: false,
      follows,
      onMessage: (message) => channel.deliver(message),
    });
    channel.attach(session);
    void session.established.then(
      () => {
        this.#isEstablished = true;
        if (!this.#onChannel(channel)) void channel[Symbol.asyncDispose]();
      },
      () => undefined,
    );
    void session.ended.then(async (end) => {
      if (this.#isAccepting) this.#session = this.#begin({ session, end });
      else if (end.reason !== 'link') await this.#link[Symbol.asyncDispose]();
    });
    return session;
  }
}
