import { isWaypostError, WaypostError } from '../../../core/errors.js';
import { attachmentBytes } from '../../../envelope/attachment.js';
import { FORWARD_TYPE } from '../../../envelope/forward.js';
import { Packer } from '../../../gateway/packer.js';
import type { Correspondent } from '../../../mailbox/correspondent.js';
import { dialMediator } from '../../../mailbox/dial-mediator.js';
import type { Parcel } from '../../../mailbox/parcel.js';
import { openSession, type Session } from '../../../mailbox/session.js';
import {
  forwardWithReceipt,
  isReceipt,
  readReceipt,
  receiptRequest,
} from '../../../protocols/client/custody-client.js';
import { MediationClient } from '../../../protocols/client/mediation-client.js';
import { type Delivery, PickupClient } from '../../../protocols/client/pickup-client.js';
import { COORDINATE_MEDIATION_3 } from '../../../protocols/coordinate-mediation-3.js';
import { parseMessageType } from '../../../protocols/message-type.js';
import { MESSAGE_PICKUP_3 } from '../../../protocols/messagepickup-3.js';
import type { Reply } from '../../../protocols/protocol.js';
import { endOf, type WatchEnd } from './ends.js';
import type { Sightings } from './sightings.js';

interface FarMediatorOptions {
  /** Who has the account at the mediator that is near. */
  readonly account: Correspondent;
  /** Who asks for receipts; registered with the near mediator while it waits for them. */
  readonly once: Correspondent;
  /** The DID of the far mediator. */
  readonly station: string;
  /** What the far mediator is given. */
  readonly parcel: Parcel;
  readonly recipient: string;
  readonly sightings: Sightings;
}

const BATCH = 10;
/** Between two questions: one may be lost on its way, or wait at a mediator that is away. The longest, and the first. */
const MAX_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 3000;

/**
 * The recipient's mediator, which is spoken to only through the sender's own. Questions travel as messages that are passed
 * on, answers come to the mailbox of a DID that was made for one message; all of it is ordinary DIDComm.
 */
export class FarMediator {
  readonly #options: FarMediatorOptions;
  readonly #packer: Packer;
  #ticket: string | undefined;
  #askAgainAtMs: number | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(options: FarMediatorOptions) {
    this.#options = options;
    const { envelopes, primitives, clock } = options.once;
    this.#packer = new Packer(envelopes, primitives, clock);
  }

  /** The parcel in a forward that asks for a receipt, packed for the far mediator. */
  packForward(): Promise<string> {
    const { next, content } = this.#options.parcel;
    return this.#pack(forwardWithReceipt(next, [{ data: { json: JSON.parse(content) } }]));
  }

  /** Registers whoever waits for receipts. Throws ERR_REFUSED, and what requests throw. */
  async begin(session: Session): Promise<void> {
    if ((await this.#register(session, 'add')) === 'success') return;
    throw new WaypostError('ERR_REFUSED', 'the mediator takes no answers for a DID of ours');
  }

  async end(session: Session): Promise<void> {
    await this.#register(session, 'remove');
  }

  /**
   * Reads what came from the far mediator and, once it `isReached`, asks it again when it is time. Throws what requests and
   * `readReceipt` throw.
   */
  async look(session: Session, isReached: boolean): Promise<WatchEnd | undefined> {
    const { once } = this.#options;
    await using own = openSession(once, await dialMediator(once));
    const pickup = new PickupClient(
      MESSAGE_PICKUP_3,
      (request) => own.line.ask(request),
      (message) => own.line.tell(message),
    );
    const delivery = await pickup.deliver(BATCH);
    const end = await this.#readAll(delivery);
    await pickup.acknowledge(delivery.attachments.flatMap(({ id }) => (id === undefined ? [] : [id])));
    if (end === undefined && isReached) await this.#askAgain(session);
    return end;
  }

  async #readAll({ attachments }: Delivery): Promise<WatchEnd | undefined> {
    for (const attachment of attachments) {
      const content = attachmentBytes(attachment);
      const end = content === undefined ? undefined : await this.#read(content);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** Anybody may send to a registered DID; only what the far mediator proves to have sent counts. */
  async #read(content: Uint8Array): Promise<WatchEnd | undefined> {
    const { once, station, parcel, recipient, sightings } = this.#options;
    const { envelopes, resolver } = once;
    const canonical = (did: string): string => resolver.canonical(did);
    try {
      const { message, from, authenticated } = await envelopes.unpack(content);
      const received = { message, type: parseMessageType(message.type) };
      const isFromStation = authenticated && from !== null && canonical(from) === canonical(station);
      if (!isFromStation || !isReceipt(received)) return undefined;
      const receipt = await readReceipt(received, canonical(station), { envelopes, canonical });
      if (this.#ticket === undefined) this.#pauseMs = FIRST_PAUSE_MS;
      this.#ticket = receipt.ticket;
      return endOf(sightings.note(receipt, parcel.sha256, { station, next: parcel.next, recipient }));
    } catch (error) {
      if (!isWaypostError(error) || error.retryable || error.code === 'ERR_SIGNER_MISMATCH') throw error;
      once.logger.warn('watch.unreadable', { code: error.code, message: error.message });
      return undefined;
    }
  }

  /**
   * The first receipt may never come: when the answer found no way back, say. Then the parcel is given again in another
   * envelope, which is stored once, and answered.
   */
  async #askAgain(session: Session): Promise<void> {
    const { account, station } = this.#options;
    const nowMs = account.clock.monotonicMs();
    this.#askAgainAtMs ??= nowMs + this.#pauseMs;
    if (nowMs < this.#askAgainAtMs) return;
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    this.#askAgainAtMs = nowMs + this.#pauseMs;
    const packed =
      this.#ticket === undefined ? await this.packForward() : await this.#pack(receiptRequest(this.#ticket));
    const attachments = [{ data: { json: JSON.parse(packed) } }];
    await session.line.tell({ type: FORWARD_TYPE, body: { next: station }, attachments, mayWait: false });
  }

  async #register(session: Session, action: 'add' | 'remove'): Promise<string | undefined> {
    const mediation = new MediationClient(COORDINATE_MEDIATION_3, (request) => session.line.ask(request));
    const [result] = await mediation.update([{ recipient_did: this.#options.once.did, action }]);
    return result;
  }

  async #pack(message: Reply): Promise<string> {
    const { once, station } = this.#options;
    const peer = { did: once.resolver.canonical(station), spelledAs: station };
    const { packed } = await this.#packer.pack(message, once.did, peer);
    return new TextDecoder().decode(packed);
  }
}
