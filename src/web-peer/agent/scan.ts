import { toHex } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { QrReceiver } from '../../link/qr-receiver.js';
import { acknowledgeCarried, openCarried } from '../../mailbox/carry.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import type { PeerStore } from '../storage/peer-store.js';

interface ScanOptions {
  readonly correspondent: Correspondent;
  readonly store: Pick<PeerStore, 'putOutbox'>;
  /** Keeps a message; it is on disk when this resolves. */
  take(unpacked: Unpacked): Promise<unknown>;
  /** Told when acknowledgements wait. */
  onAcknowledged(): void;
}

/** What was read so far. */
export interface ScanProgress {
  /** Kept here; acknowledged when the scan ends. */
  readonly taken: number;
  readonly forOthers: number;
  /** Messages that are for this browser and can never be read. */
  readonly unreadable: number;
  /** Codes that are no part of a message: somebody else's, or an invitation. */
  readonly foreign: number;
  /** Of the message that the last code belongs to; undefined while none is incomplete. */
  readonly current: { readonly seen: number; readonly needed: number } | undefined;
}

const LIMITS = { maxMessageBytes: 2 ** 20, maxHeldBytes: 16 * 2 ** 20, maxRemembered: 4096 };
/** A message with more hashes would itself be long to show. */
const HASHES_PER_RECEIPT = 100;

/**
 * Takes the messages that a gateway shows (docs/transports/qr.md). Each is kept before it is acknowledged, and the
 * acknowledgements wait in the outbox, for a camera or a connection. What is lost before that is shown again.
 */
export class Scan {
  readonly #options: ScanOptions;
  readonly #receiver = new QrReceiver(LIMITS);
  readonly #hashes: string[] = [];
  #progress: ScanProgress = { taken: 0, forOthers: 0, unreadable: 0, foreign: 0, current: undefined };

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  get progress(): ScanProgress {
    return this.#progress;
  }

  /** Takes the text of a code. Throws what keeping a message throws; then the message is taken when it is seen again. */
  async push(text: string): Promise<void> {
    const receipt = this.#receiver.push(text);
    if (receipt.kind === 'foreign') this.#count('foreign');
    if (receipt.kind === 'progress') {
      const { sourceFrames: needed, missingFrames } = receipt;
      this.#progress = { ...this.#progress, current: { seen: needed - missingFrames, needed } };
    }
    if (receipt.kind === 'message') {
      this.#progress = { ...this.#progress, current: undefined };
      try {
        await this.#take(receipt.message);
      } catch (error) {
        this.#receiver.forget(receipt.id);
        throw error;
      }
    }
  }

  /** Puts the acknowledgements into the outbox. Throws what the store throws. */
  async finish(): Promise<void> {
    const { correspondent, store, onAcknowledged } = this.#options;
    const { did, spelledAs: to } = correspondent.mediator;
    if (this.#hashes.length === 0) return;
    while (this.#hashes.length > 0) {
      const hashes = this.#hashes.slice(0, HASHES_PER_RECEIPT);
      await store.putOutbox({ contact: did, to, message: acknowledgeCarried(correspondent, hashes) });
      this.#hashes.splice(0, hashes.length);
    }
    onAcknowledged();
  }

  async #take(content: Uint8Array): Promise<void> {
    const { correspondent, take } = this.#options;
    let unpacked: Unpacked | undefined;
    try {
      unpacked = await openCarried(correspondent, content);
    } catch (error) {
      if (!isWaypostError(error) || error.retryable) throw error;
      this.#count('unreadable');
      return;
    }
    if (unpacked === undefined) {
      this.#count('forOthers');
      return;
    }
    await take(unpacked);
    this.#hashes.push(toHex(correspondent.primitives.sha256(content)));
    this.#count('taken');
  }

  #count(what: 'taken' | 'forOthers' | 'unreadable' | 'foreign'): void {
    this.#progress = { ...this.#progress, [what]: this.#progress[what] + 1 };
  }
}
