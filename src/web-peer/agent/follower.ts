import { isWaypostError } from '../../core/errors.js';
import { type CarriedReceipt, packForReceipt, packReceiptRequest } from '../../mailbox/carry.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { isForOwnMediator } from '../../mailbox/parcel.js';
import { asSeenBySender } from '../../mailbox/perspective.js';
import { type Letter, sendToMediator } from '../../mailbox/send.js';
import { Backoff } from '../../transport/reconnect.js';
import type { CustodyStore } from '../storage/custody-store.js';
import type { CustodyRecord, OutboxEntry } from '../storage/records.js';
import { afterStatement } from './verdict.js';

interface FollowerOptions {
  readonly store: Pick<CustodyStore, 'put' | 'open' | 'update'>;
  correspondent(): Correspondent;
  /** Whether the gateway has proven to be there. */
  isLive(): boolean;
  /** Told of what is a defect or a disk that fails. */
  onFailure(error: unknown): void;
  readonly random: () => number;
}

/** Between two rounds of questions: soon at first, because most messages leave the gateway at once or much later. */
const BACKOFF = { initialMs: 4000, maxMs: 600_000 };
/** In one round. */
const MAX_QUESTIONS = 20;
/** From then on nobody asks any more. A gateway itself forgets seven days after a message left it. */
const FOLLOWED_MS = 30 * 24 * 60 * 60 * 1000;
/** Of a ticket, as the protocol says, and of a statement about one message, which is a tenth of that. */
const MAX_CHARS = 16_384;

/**
 * Learns from the gateway what became of messages to contacts at other mediators. Receipts come as all messages do, through
 * the mailbox: none is lost when the page is closed.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #backoff: Backoff;
  /** Hash of the record that was asked about last: where there are many, the next round begins behind it. */
  #last = '';
  #isRunning = false;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...BACKOFF, random: options.random });
  }

  /**
   * The letter, with a receipt asked for where it goes to a contact elsewhere. What the receipt will name is on disk before
   * anything is sent. Throws what packing and the store throw.
   */
  async follow({ contact, message }: OutboxEntry, letter: Letter): Promise<Letter> {
    const { store } = this.#options;
    const correspondent = this.#options.correspondent();
    if (isForOwnMediator(correspondent, letter)) return letter;
    const { packed, expected, next: spelled } = await packForReceipt(correspondent, letter);
    const next = correspondent.resolver.canonical(spelled) === contact ? contact : spelled;
    const atMs = correspondent.clock.nowMs();
    await store.put({ sha256: expected.sha256, contact, id: message.id, next, atMs });
    return { ...letter, forMediator: packed };
  }

  /** Takes a receipt of the gateway that was verified (`readCarriedReceipt`). Throws what the store throws. */
  async take({ ticket, messages, proof: statement }: CarriedReceipt): Promise<void> {
    const { resolver, clock } = this.#options.correspondent();
    const proof = JSON.stringify(statement) ?? '';
    if (ticket.length > MAX_CHARS || proof.length > MAX_CHARS) return;
    const canonical = (did: string): string => resolver.canonical(did);
    let isFirst = false;
    for (const entry of messages) {
      await this.#options.store.update(entry.sha256, (record, message) => {
        isFirst ||= record.ticket === undefined;
        const told = asSeenBySender(entry, { next: record.next, recipient: record.contact }, canonical);
        return afterStatement(record, message, { told, ticket, proof, atMs: clock.nowMs() });
      });
    }
    if (!isFirst) return;
    this.#backoff.reset();
    this.#schedule();
  }

  /** The gateway is there again, or somebody looks. */
  ring(): void {
    this.#backoff.reset();
    this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #begin(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#cancel();
    this.#isRunning = true;
    void this.#askAll()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#isRunning = false;
      });
  }

  #schedule(): void {
    this.#cancel();
    if (this.#isClosed) return;
    const { scheduler } = this.#options.correspondent();
    this.#cancel = scheduler.after(this.#backoff.nextMs(), () => this.#begin());
  }

  /** While the gateway is away nothing is asked: who connects again rings. */
  async #askAll(): Promise<void> {
    const { store, correspondent, isLive } = this.#options;
    const open = await store.open(correspondent().clock.nowMs() - FOLLOWED_MS);
    for (const record of this.#turn(open)) {
      if (this.#isClosed || !isLive()) return;
      await this.#ask(record);
    }
    if (open.length > 0) this.#schedule();
  }

  #turn(open: readonly CustodyRecord[]): readonly CustodyRecord[] {
    const asked = open.filter(({ ticket }) => ticket !== undefined);
    const behind = asked.filter(({ sha256 }) => sha256 > this.#last);
    return [...behind, ...asked.filter(({ sha256 }) => sha256 <= this.#last)].slice(0, MAX_QUESTIONS);
  }

  async #ask({ sha256, ticket = '' }: CustodyRecord): Promise<void> {
    const correspondent = this.#options.correspondent();
    this.#last = sha256;
    try {
      await sendToMediator(correspondent, await packReceiptRequest(correspondent, ticket));
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      correspondent.logger.debug('peer.not-asked', { code: error.code }); // there is another round
    }
  }
}
