import { toHex } from '../../src/core/bytes.js';
import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { PartialStore, Piece } from '../../src/link/partial-store.js';
import { type QrReceipt, QrReceiver } from '../../src/link/qr-receiver.js';
import { createArrival, type Verdict } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { Address, Arrival, Channel } from '../../src/transport/transport.js';
import type { PictureReader } from './picture-reader.js';
import type { EncodedPicture, PictureSource } from './source.js';

interface InboundChannelOptions {
  readonly reader: PictureReader;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly maxMessageBytes: number;
  readonly partials?: PartialStore;
}

/** Messages that wait to be taken; while they do, no picture is looked at. */
const QUEUE_LENGTH = 4;
const MAX_REMEMBERED = 4096;
/** Each may hold a whole message. */
const MAX_LENDERS = 4;
/** Before a message that was refused for now is taken again, unless the refusal says when. */
const RETRY_AFTER_MS = 30_000;

/**
 * What is seen. A message that was accepted, or refused for good, is not given again while this channel is open, however
 * long it is shown; one that was refused for now is, when it is seen again.
 */
export class InboundChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #options: InboundChannelOptions;
  readonly #source: PictureSource;
  readonly #receiver: QrReceiver;
  readonly #arrivals = new BoundedQueue<Arrival>(QUEUE_LENGTH);
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;

  constructor(remoteAddress: Address, source: PictureSource, options: InboundChannelOptions) {
    this.remoteAddress = remoteAddress;
    this.maxMessageBytes = options.maxMessageBytes;
    this.#options = options;
    this.#source = source;
    this.#receiver = new QrReceiver({
      maxMessageBytes: options.maxMessageBytes,
      maxHeldBytes: 16 * 2 ** 20,
      maxRemembered: MAX_REMEMBERED,
    });
    this.#watching = this.#watch();
  }

  /** Throws ERR_INVALID_ARGUMENT: nothing can be sent to whoever shows something. */
  send(): Promise<void> {
    return Promise.reject(new WaypostError('ERR_INVALID_ARGUMENT', 'nothing can be sent to who shows QR codes'));
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival> {
    return this.#arrivals[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#arrivals.clear();
    await this.#source[Symbol.asyncDispose]();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    try {
      for await (const picture of this.#source) {
        if (this.#closing.signal.aborted) break;
        await this.#look(picture);
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#options.logger.error('qr.source.failed', { reason: textOf(error) });
    } finally {
      this.#arrivals.end();
    }
  }

  async #look({ bytes, name }: EncodedPicture): Promise<void> {
    try {
      for (const text of await this.#options.reader.read(bytes)) await this.#take(this.#receiver.push(text));
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // Pictures of a stream are skipped in silence: a camera has many that are torn.
      if (name !== undefined || !isWaypostError(error, 'ERR_PICTURE')) {
        this.#options.logger.warn('qr.picture.skipped', { name, reason: textOf(error) });
      }
    }
  }

  async #take(receipt: QrReceipt): Promise<void> {
    if (receipt.kind === 'progress' && receipt.isFirst) {
      const borrowed = await this.#findHeld(receipt.id, receipt.messageBytes);
      const better = borrowed.length > 0 ? this.#receiver.lend(receipt.id, borrowed) : undefined;
      if (better?.kind === 'message') await this.#take(better);
    }
    if (receipt.kind === 'damaged') this.#options.logger.warn('qr.message.damaged', { id: toHex(receipt.id) });
    if (receipt.kind !== 'message') return;
    const { id, hash, message: bytes } = receipt;
    const content = { bytes, mediaType: undefined, canReply: false };
    await this.#arrivals.put(
      createArrival(content, (verdict) => this.#settle(id, hash, verdict)),
      this.#closing.signal,
    );
  }

  async #settle(id: Uint8Array, hash: Uint8Array, { reason }: Verdict): Promise<void> {
    if (reason === undefined) await this.#guardStore((partials) => partials.discardEverywhere(hash));
    if (reason?.retryable === true) void this.#tryAgain(id, reason.retryAfterMs ?? RETRY_AFTER_MS);
  }

  async #tryAgain(id: Uint8Array, afterMs: number): Promise<void> {
    try {
      await this.#options.timers.sleep(afterMs, this.#closing.signal);
    } catch {
      return; // closed
    }
    this.#receiver.forget(id);
    this.#source.repeat?.();
  }

  /** What other links have received of the message, each of them perhaps a part. */
  async #findHeld(id: Uint8Array, messageBytes: number): Promise<readonly Piece[]> {
    const pieces = await this.#guardStore(async (partials) => {
      const parts = (await partials.findByHash(id)).filter(({ key }) => key.lengthBytes === messageBytes);
      return await Promise.all(parts.slice(0, MAX_LENDERS).map((part) => part.read()));
    });
    return pieces?.flat() ?? [];
  }

  /** A store that fails costs what it would have saved, and nothing else. */
  async #guardStore<T>(use: (partials: PartialStore) => Promise<T>): Promise<T | undefined> {
    const { partials, logger } = this.#options;
    try {
      return partials && (await use(partials));
    } catch (error) {
      logger.warn('qr.partials.failed', { reason: textOf(error) });
      return undefined;
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
