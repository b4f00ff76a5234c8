import { BoundedCache } from '../../core/bounded-cache.js';
import { isWaypostError } from '../../core/errors.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { type Letter, packLetter, sendLetter, sendToMediator } from '../../mailbox/send.js';
import { Backoff } from '../../transport/reconnect.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { OutboxEntry } from '../storage/records.js';

interface OutboxOptions {
  readonly correspondent: Correspondent;
  readonly store: Pick<PeerStore, 'outbox' | 'settleOutbox'>;
  /** Whether the gateway has proven to be there. Any host may take a message that is posted to it, and drop it. */
  isLive(): boolean;
  /** The letter as it is to be sent, so that what becomes of it can be learnt. */
  follow(entry: OutboxEntry, letter: Letter): Promise<Letter>;
  /** Told when something was settled. */
  onChange(): void;
  /** Told of what is a defect or a disk that fails. */
  onFailure(error: unknown): void;
  readonly random: () => number;
}

const BACKOFF = { initialMs: 1000, maxMs: 60_000 };
/** Of messages that were sent in vain. */
const MAX_LETTERS = 50;

/** Sends what waits, oldest first, until the gateway has accepted it. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;
  /** Packed, by the number of the entry: sent again as they were, the gateway stores them once. */
  readonly #letters = new BoundedCache<number, Letter>(MAX_LETTERS);
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
    const { correspondent, store, isLive, onChange } = this.#options;
    let isAnyLeft = false;
    for (const entry of await store.outbox()) {
      if (this.#isClosed || !isLive()) return;
      const outcome = await this.#send(entry);
      if (outcome === 'later') {
        isAnyLeft = true;
        continue;
      }
      await store.settleOutbox(entry, outcome.problem);
      if (entry.number !== undefined) this.#letters.delete(entry.number);
      onChange();
    }
    if (!isAnyLeft) this.#backoff.reset();
    else this.#cancel = correspondent.scheduler.after(this.#backoff.nextMs(), () => this.ring());
  }

  async #send(entry: OutboxEntry): Promise<'later' | { readonly problem: string | undefined }> {
    const { correspondent } = this.#options;
    try {
      if (entry.carried === undefined) await sendLetter(correspondent, await this.#letter(entry));
      else await sendToMediator(correspondent, entry.carried.packed);
      return { problem: undefined };
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      return error.retryable ? 'later' : { problem: error.message };
    }
  }

  async #letter(entry: OutboxEntry): Promise<Letter> {
    const { number, to, message } = entry;
    const known = number === undefined ? undefined : this.#letters.get(number);
    if (known !== undefined) return known;
    const packed = await packLetter(this.#options.correspondent, to, message);
    // What asks for no acknowledgement stands in no conversation, where anybody could see what became of it.
    const letter = message.please_ack === undefined ? packed : await this.#options.follow(entry, packed);
    if (number !== undefined) this.#letters.set(number, letter);
    return letter;
  }
}
