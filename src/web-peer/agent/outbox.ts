import { isWaypostError } from '../../core/errors.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { sendMessage, sendToMediator } from '../../mailbox/send.js';
import { Backoff } from '../../transport/reconnect.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { OutboxEntry } from '../storage/records.js';

interface OutboxOptions {
  readonly correspondent: Correspondent;
  readonly store: PeerStore;
  /** Told when something was settled. */
  onChange(): void;
  /** Told of what is a defect or a disk that fails. */
  onFailure(error: unknown): void;
  readonly random: () => number;
}

const BACKOFF = { initialMs: 1000, maxMs: 60_000 };

/** Sends what waits, oldest first, until the gateway has accepted it. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;
  #isRunning = false;
  #isRungAgain = false;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...BACKOFF, random: options.random });
  }

  /** Something waits, or the gateway may be back. */
  ring(): void {
    this.#cancel();
    if (this.#isRunning || this.#isClosed) {
      this.#isRungAgain = true;
      return;
    }
    this.#isRunning = true;
    void this.#run().catch((error: unknown) => this.#options.onFailure(error));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#isRungAgain = false;
        await this.#sendAll();
      } while (this.#isRungAgain && !this.#isClosed);
    } finally {
      this.#isRunning = false;
    }
  }

  /** What cannot leave now stops nothing that can: another recipient may be reachable. */
  async #sendAll(): Promise<void> {
    const { correspondent, store, onChange } = this.#options;
    let isAnyLeft = false;
    for (const entry of await store.outbox()) {
      if (this.#isClosed) return;
      const outcome = await this.#send(entry);
      if (outcome === 'later') {
        isAnyLeft = true;
        continue;
      }
      await store.settleOutbox(entry, outcome.problem);
      onChange();
    }
    if (!isAnyLeft) this.#backoff.reset();
    else this.#cancel = correspondent.scheduler.after(this.#backoff.nextMs(), () => this.ring());
  }

  async #send({ to, message, carried }: OutboxEntry): Promise<'later' | { readonly problem: string | undefined }> {
    try {
      const { correspondent } = this.#options;
      if (carried === undefined) await sendMessage(correspondent, to, message);
      else await sendToMediator(correspondent, carried.packed);
      return { problem: undefined };
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      return error.retryable ? 'later' : { problem: error.message };
    }
  }
}
