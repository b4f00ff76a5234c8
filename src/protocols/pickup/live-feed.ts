import { isWaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Bell } from '../../router/bell.js';
import type { MessageStore, QueuedMessage } from '../../store/message-store.js';

interface LiveFeedOptions {
  readonly store: Pick<MessageStore, 'list' | 'why'>;
  /** Rings for a queue that something was put into. */
  readonly deposited: Bell;
  /** Rings for a queue that something was acknowledged in. */
  readonly acknowledged: Bell;
  /** Rings for somebody whose mailboxes changed. */
  readonly changes: Bell;
  readonly logger: Logger;
  readonly did: string;
  queues(): Promise<readonly string[]>;
  /** Resolves when the connection took them; nothing is known then about whether they arrived. */
  push(messages: readonly QueuedMessage[]): Promise<void>;
  /** The feed ended by itself. */
  onFailure(): void;
  readonly limits: LiveLimits;
}

export interface LiveLimits {
  /** In one `delivery`. */
  readonly batchMessages: number;
  readonly batchBytes: number;
  /** Pushed and not acknowledged, over one connection. */
  readonly windowMessages: number;
}

export const DEFAULT_LIVE_LIMITS: LiveLimits = { batchMessages: 10, batchBytes: 256 * 1024, windowMessages: 100 };

/**
 * Live mode for one DID on one connection: first what waits already, then what comes, in order. What was pushed stays
 * queued until it is acknowledged, over whatever connection; without acknowledgements the feed stops at the window,
 * so that a dead socket does not swallow everything.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  /** Behind which message each queue goes on. */
  readonly #cursors = new Map<string, string>();
  readonly #unacknowledged = new Set<string>();
  readonly #listening = new Map<string, () => void>();
  readonly #stopListening: () => void;
  #isRunning = false;
  #isAwaited = false;
  #isClosed = false;
  /** Something was acknowledged since the window was last looked at. */
  #mayHaveRoom = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#stopListening = options.changes.listen(options.did, () => this.wake());
  }

  /** Looks for something to push, now or as soon as the push under way is done. */
  wake(): void {
    this.#isAwaited = true;
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const stop of this.#listening.values()) stop();
    this.#listening.clear();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isAwaited && !this.#isClosed) {
        this.#isAwaited = false;
        await this.#pushAll();
      }
    } catch (error) {
      // Nothing is lost: it is all still queued, and the recipient comes again.
      const code = isWaypostError(error) ? error.code : 'ERR_INTERNAL';
      this.#options.logger.debug('live.stopped', { did: this.#options.did, code, message: String(error) });
      this.close();
      this.#options.onFailure();
    } finally {
      this.#isRunning = false;
    }
  }

  async #pushAll(): Promise<void> {
    const queues = await this.#options.queues();
    for (const queue of queues) this.#listen(queue);
    if (this.#mayHaveRoom) await this.#forgetAcknowledged();
    for (const queue of queues) {
      while (!this.#isClosed && (await this.#pushBatch(queue)));
    }
  }

  /** True when there may be more. */
  async #pushBatch(queue: string): Promise<boolean> {
    const { store, limits } = this.#options;
    const room = limits.windowMessages - this.#unacknowledged.size;
    if (room <= 0) return false;
    const after = this.#cursors.get(queue);
    const messages = await store.list({
      destinations: [queue],
      limitMessages: Math.min(limits.batchMessages, room),
      limitBytes: limits.batchBytes,
      ...(after === undefined ? {} : { after }),
    });
    const last = messages.at(-1);
    if (last === undefined || this.#isClosed) return false;
    await this.#push(messages);
    this.#cursors.set(queue, last.id);
    return true;
  }

  async #push(messages: readonly QueuedMessage[]): Promise<void> {
    try {
      await this.#options.push(messages);
      for (const { id } of messages) this.#unacknowledged.add(id);
    } catch (error) {
      if (!isWaypostError(error, 'ERR_TOO_LARGE')) throw error;
      if (messages.length > 1) {
        for (const message of messages) await this.#push([message]);
        return;
      }
      // It stays queued for another connection, and those behind it go on.
      this.#options.logger.warn('live.too-large', { id: messages[0]?.id, message: error.message });
    }
  }

  /** Somebody may have acknowledged over another connection: the store knows. */
  async #forgetAcknowledged(): Promise<void> {
    this.#mayHaveRoom = false;
    for (const id of this.#unacknowledged) {
      if ((await this.#options.store.why(id))?.state !== 'queued') this.#unacknowledged.delete(id);
    }
  }

  #listen(queue: string): void {
    if (this.#listening.has(queue) || this.#isClosed) return;
    const { deposited, acknowledged } = this.#options;
    const makeRoom = (): void => {
      this.#mayHaveRoom = true;
      this.wake();
    };
    const stops = [deposited.listen(queue, () => this.wake()), acknowledged.listen(queue, makeRoom)];
    this.#listening.set(queue, () => {
      for (const stop of stops) stop();
    });
  }
}
