import { utf8 } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import type { Unpacked } from '../../envelope/unpack.js';
import {
  type Carried,
  type CarriedReceipt,
  isCarriedAcknowledgement,
  packToCarry,
  readCarriedReceipt,
} from '../../mailbox/carry.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { OutboxEntry, OwnRecord } from '../storage/records.js';
import { CarriedRegistration } from './carried-registration.js';
import { Scan } from './scan.js';

interface CarrierOptions {
  readonly store: Pick<PeerStore, 'outbox' | 'putCarried' | 'markShown' | 'settleOutbox' | 'putOutbox'>;
  own(): Pick<OwnRecord, 'isRegistered' | 'mediatorInvitationId'>;
  correspondent(): Correspondent;
  /** Told when the gateway has said that there is a mailbox. */
  onRegistered(): Promise<void>;
  /** Keeps a message; it is on disk when this resolves. */
  take(unpacked: Unpacked): Promise<unknown>;
  /** Told of each receipt of the gateway, verified. */
  onReceipt(receipt: CarriedReceipt): Promise<void>;
  /** Told when something that is shown may have changed. */
  onChange(): void;
  /** Told when something new waits to be sent. */
  onWaiting(): void;
}

/** What waits here, as it is shown to the camera of the gateway. */
export interface ForCamera {
  readonly entries: readonly OutboxEntry[];
  /** Envelopes for the gateway, one an entry. */
  readonly messages: readonly Uint8Array[];
  /** How many wait that are not among them: too much for one animation, or nobody knows the way to their recipient now. */
  readonly left: number;
}

/** In one animation: at ten codes a second a camera looks at this for some three minutes. */
const MAX_SHOWN_BYTES = 1024 * 1024;

/** Exchanges messages with the gateway by screens and cameras. */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #registration: CarriedRegistration;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#registration = new CarriedRegistration(options);
  }

  /**
   * What waits here, oldest first; for somebody who has no mailbox yet the request for one, before which nothing else could be
   * answered. Each entry is packed once, so that all that shows it shows the same.
   */
  async forCamera(): Promise<ForCamera> {
    const entries: OutboxEntry[] = [];
    const messages: Uint8Array[] = [];
    let bytes = 0;
    const request = await this.#registration.request();
    const waiting = request === undefined ? await this.#options.store.outbox() : [request];
    for (const entry of waiting) {
      const carried = entry.carried ?? (await this.#pack(entry));
      const message = utf8(carried?.packed ?? '');
      if (carried === undefined || bytes + message.length > MAX_SHOWN_BYTES) continue;
      bytes += message.length;
      messages.push(message);
      entries.push({ ...entry, carried });
    }
    return { entries, messages, left: waiting.length - entries.length };
  }

  /** All of them were on the screen once. */
  async markShown({ entries }: ForCamera): Promise<void> {
    const { store, correspondent, onChange } = this.#options;
    await store.markShown(entries, correspondent().clock.nowMs());
    onChange();
  }

  /**
   * Somebody saw that the gateway read what was shown. Messages go on waiting for its receipt; acknowledgements, for which
   * there is none, do not: where that was a mistake the gateway shows the same messages again, and they are acknowledged again.
   */
  async believeRead({ entries }: ForCamera): Promise<void> {
    const { store, onChange } = this.#options;
    for (const entry of entries) {
      if (isCarriedAcknowledgement(entry.message)) await store.settleOutbox(entry, undefined);
    }
    onChange();
  }

  /** What is read of a screen of the gateway from now on. */
  scan(): Scan {
    const { store, correspondent, take, onWaiting } = this.#options;
    return new Scan({ store, correspondent: correspondent(), take, onAcknowledged: onWaiting });
  }

  /**
   * Takes an answer to what was shown; false for anything else. Throws what the store throws, what is retryable, and
   * ERR_NOT_ALLOWED or ERR_REFUSED when the gateway gives no mailbox.
   */
  async takeAnswer(unpacked: Unpacked): Promise<boolean> {
    const { store, correspondent, onReceipt } = this.#options;
    const receipt = await readCarriedReceipt(correspondent(), unpacked);
    if (receipt === undefined) return this.#registration.take(unpacked);
    for (const entry of await store.outbox()) {
      const verdict = verdictOn(entry, receipt);
      if (verdict !== undefined) await store.settleOutbox(entry, verdict.problem);
    }
    await onReceipt(receipt);
    return true;
  }

  async #pack(entry: OutboxEntry): Promise<Carried | undefined> {
    const { store, correspondent } = this.#options;
    try {
      const carried = await packToCarry(correspondent(), entry.to, entry.message);
      await store.putCarried(entry, carried);
      return carried;
    } catch (error) {
      if (!isWaypostError(error) || error.code.startsWith('ERR_STORE_')) throw error;
      return undefined; // sending it over a connection says why
    }
  }
}

function verdictOn({ carried }: OutboxEntry, receipt: CarriedReceipt): { problem: string | undefined } | undefined {
  const { expected } = carried ?? {};
  const told = receipt.messages.find(({ sha256 }) => sha256 === expected?.sha256);
  if (told === undefined || expected?.thid !== receipt.thid || told.state === 'forgotten') return undefined;
  return { problem: told.state === 'dropped' ? `the gateway gave it up (${told.reason})` : undefined };
}
