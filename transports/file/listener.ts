import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { channelClosed, createArrival, type Verdict } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Address, Arrival, Channel, Listener } from '../../src/transport/transport.js';
import type { MessageFolder } from './folder.js';
import type { FileLimits } from './limits.js';
import type { MessageFile } from './listing.js';

interface FolderListenerOptions {
  readonly address: Address;
  open(): Promise<MessageFolder>;
  readonly limits: FileLimits;
  readonly scheduler: Scheduler;
  readonly onSkipped: (error: WaypostError) => void;
  readonly onClose: () => void;
}

/** Messages that were read and that nobody has taken yet. */
const READ_AHEAD = 4;

/**
 * Listens to a folder: looks into it again and again. It has one channel for all that comes, because a folder does not
 * know its writers. Disposing ends that channel too: there is nobody at its other end who could go on.
 */
export class FolderListener implements Listener {
  readonly addresses: readonly Address[];
  readonly #channels = new BoundedQueue<Channel>(1);
  readonly #channel: InboundFolder;
  readonly #onClose: () => void;

  constructor(options: FolderListenerOptions) {
    this.addresses = [options.address];
    this.#onClose = options.onClose;
    this.#channel = new InboundFolder(options);
    this.#channels.push(this.#channel);
  }

  [Symbol.asyncIterator](): AsyncIterator<Channel> {
    return this.#channels[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear();
    await this.#channel[Symbol.asyncDispose]();
    this.#onClose();
  }
}

class InboundFolder implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #options: FolderListenerOptions;
  readonly #arrivals = new BoundedQueue<Arrival>(READ_AHEAD);
  /** Files that are not offered (again), by name, and for how many looks at the folder. */
  readonly #passedOver = new Map<string, number>();
  readonly #verdicts = new Set<Promise<void>>();
  #isMissing = false;
  #isClosed = false;
  #cancel = (): void => {};
  #scanning: Promise<void>;

  constructor(options: FolderListenerOptions) {
    this.#options = options;
    this.remoteAddress = options.address;
    this.maxMessageBytes = options.limits.maxMessageBytes;
    this.#scanning = this.#scan();
  }

  async send(): Promise<void> {
    if (this.#isClosed) throw channelClosed('the channel from a folder is closed');
    throw new WaypostError('ERR_INVALID_ARGUMENT', 'nothing goes back into a folder that messages come from');
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival> {
    return this.#arrivals[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#arrivals.clear();
    await this.#scanning;
    await Promise.all(this.#verdicts);
  }

  async #scan(): Promise<void> {
    try {
      // Opened anew each time: what is mounted there may have changed.
      await using folder = await this.#options.open();
      this.#isMissing = false;
      await this.#offerAll(folder);
    } catch (cause) {
      this.#reportMissing(cause);
    }
    if (!this.#isClosed) {
      this.#cancel = this.#options.scheduler.after(this.#options.limits.scanEveryMs, () => {
        this.#scanning = this.#scan();
      });
    }
  }

  async #offerAll(folder: MessageFolder): Promise<void> {
    const { files } = await folder.list();
    const present = new Set(files.map(({ name }) => name));
    for (const [name, looks] of this.#passedOver) {
      if (looks === 0 || !present.has(name)) this.#passedOver.delete(name);
      else this.#passedOver.set(name, looks - 1);
    }
    for (const file of files) {
      if (this.#isClosed) return;
      if (!this.#passedOver.has(file.name)) await this.#offer(folder, file);
    }
  }

  async #offer(folder: MessageFolder, file: MessageFile): Promise<void> {
    try {
      const bytes = await folder.read(file);
      this.#passedOver.set(file.name, Number.POSITIVE_INFINITY);
      const content = { bytes, mediaType: file.mediaType, canReply: false };
      await this.#arrivals.put(createArrival(content, (verdict) => this.#settle(file, verdict)));
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      if (error.code === 'ERR_MEDIUM') throw error;
      if (error.code === 'ERR_CHANNEL_CLOSED') return;
      this.#passedOver.set(file.name, Number.POSITIVE_INFINITY);
      this.#options.onSkipped(error);
    }
  }

  async #settle(file: MessageFile, verdict: Verdict): Promise<void> {
    const settling = this.#carryOut(file, verdict);
    const quietly = settling.catch(() => {});
    this.#verdicts.add(quietly);
    await settling.finally(() => this.#verdicts.delete(quietly));
  }

  /** Taken: it is removed. Refused for good: it is set aside. Refused for now: it comes again. */
  async #carryOut(file: MessageFile, { reason }: Verdict): Promise<void> {
    if (reason?.retryable) {
      const { retryAfterMs, scanEveryMs } = this.#options.limits;
      this.#passedOver.set(file.name, Math.ceil((reason.retryAfterMs ?? retryAfterMs) / scanEveryMs));
      return;
    }
    try {
      await using folder = await this.#options.open();
      if (reason === undefined) await folder.remove(file);
      else await folder.setAside(file);
      await folder.sync();
    } catch (error) {
      // It stays, and is not offered again by this listener; whoever is offered it twice knows it by its content.
      if (!isWaypostError(error)) throw error;
      this.#options.onSkipped(error);
    }
  }

  #reportMissing(cause: unknown): void {
    const error = isWaypostError(cause) ? cause : new WaypostError('ERR_INTERNAL', String(cause), { cause });
    if (!this.#isMissing) this.#options.onSkipped(error);
    this.#isMissing = true;
  }
}
