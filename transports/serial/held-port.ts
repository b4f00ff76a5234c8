import { quote, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { LinkListener } from '../../src/link/link.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { Backoff, type BackoffOptions, type Timers } from '../../src/transport/reconnect.js';
import type { Address } from '../../src/transport/transport.js';
import type { FramedLine } from './framed-line.js';
import { SerialLink } from './serial-link.js';

interface HeldPortOptions {
  readonly address: Address;
  readonly open: () => Promise<FramedLine>;
  readonly backoff: BackoffOptions;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Nobody needs the port any more, and it is closed. */
  readonly onReleased: () => void;
}

/** A line has one other end: a second link waits only when the first was not even taken. */
const WAITING_LINKS = 2;

/**
 * A serial port that is held for a listener, for the one link over it, or for both; when neither is left, it is
 * closed. For a listener it is held through unplugging and plugging in again.
 *
 * A link of the listener begins with the first frame of a peer, so that a device which only boots and chatters is
 * none. It ends with the port. A peer that goes on after its link was disposed begins the next one.
 */
export class HeldPort {
  readonly #options: HeldPortOptions;
  readonly #stop = new AbortController();
  /** Resolves when nobody needs the port any more, and it is closed. */
  readonly released: Promise<void>;
  #line: FramedLine | undefined;
  #link: SerialLink | undefined;
  #links: BoundedQueue<SerialLink> | undefined;

  /** `first` is the port where it could be opened at once. */
  constructor(options: HeldPortOptions, first: FramedLine | undefined) {
    this.#options = options;
    this.#line = first;
    this.released = this.#hold(first);
  }

  get address(): Address {
    return this.#options.address;
  }

  get isReleasing(): boolean {
    return this.#stop.signal.aborted;
  }

  get isListening(): boolean {
    return this.#links !== undefined;
  }

  /** To be called while nobody listens. */
  listen(): LinkListener {
    const links = new BoundedQueue<SerialLink>(WAITING_LINKS);
    this.#links = links;
    return {
      addresses: [this.#options.address],
      [Symbol.asyncIterator]: () => links[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => {
        for (const link of links.clear()) await link[Symbol.asyncDispose]();
        if (this.#links === links) this.#links = undefined;
        await this.#releaseIfIdle();
      },
    };
  }

  /** A link from our side. Throws ERR_NETWORK (retryable) while the port is away, or has a link already. */
  openLink(): SerialLink {
    const { address } = this.#options;
    if (this.#link?.isOpen === true) {
      throw new WaypostError('ERR_NETWORK', `there is a link over ${quote(address, 200)} already`, { retryable: true });
    }
    if (this.#line === undefined) {
      throw new WaypostError('ERR_NETWORK', `${quote(address, 200)} is not plugged in`, { retryable: true });
    }
    return this.#newLink(this.#line);
  }

  async #hold(first: FramedLine | undefined): Promise<void> {
    let line = first ?? (await this.#openPatiently());
    while (line !== undefined) {
      this.#line = line;
      for await (const frame of line.frames()) this.#take(frame, line);
      this.#line = undefined;
      this.#link?.end();
      await line[Symbol.asyncDispose]();
      if (!this.#stop.signal.aborted) {
        this.#options.logger.warn('serial.port-lost', { address: this.#options.address });
      }
      line = this.isListening ? await this.#openPatiently() : undefined;
    }
    this.#options.onReleased();
  }

  #take(frame: Uint8Array, line: FramedLine): void {
    if (this.#link?.isOpen !== true) {
      if (this.#links === undefined) return;
      const link = this.#newLink(line);
      // Nobody takes links at the moment: the peer goes on, and later frames try again.
      if (!this.#links.push(link)) link.end();
    }
    this.#link?.take(frame);
  }

  #newLink(line: FramedLine): SerialLink {
    const link = new SerialLink(this.#options.address, line, async () => {
      if (this.#link === link) this.#link = undefined;
      await this.#releaseIfIdle();
    });
    this.#link = link;
    return link;
  }

  async #releaseIfIdle(): Promise<void> {
    if (this.#links !== undefined || this.#link?.isOpen === true) return;
    this.#stop.abort(new WaypostError('ERR_CHANNEL_CLOSED', 'nobody needs the serial port any more'));
    await this.#line?.[Symbol.asyncDispose]();
    await this.released;
  }

  /** Tries until the port can be opened; undefined when nobody needs it any more. Says each new obstacle once. */
  async #openPatiently(): Promise<FramedLine | undefined> {
    const { address, backoff, logger, open, timers } = this.#options;
    const { signal } = this.#stop;
    const waits = new Backoff(backoff);
    let obstacle = '';
    while (!signal.aborted) {
      try {
        const line = await open();
        logger.info('serial.port-open', { address });
        if (!signal.aborted) return line;
        await line[Symbol.asyncDispose]();
      } catch (error) {
        // Also what usually does not pass: right after plugging in, permissions are set a moment after the name.
        const message = error instanceof Error ? error.message : String(error);
        if (message !== obstacle) logger.warn('serial.port-awaited', { address, message });
        obstacle = message;
        await timers.sleep(waits.nextMs(), signal).catch(() => {});
      }
    }
    return undefined;
  }
}
