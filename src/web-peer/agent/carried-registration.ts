import { WaypostError } from '../../core/errors.js';
import type { Attachment } from '../../envelope/attachment.js';
import { FORWARD_TYPE } from '../../envelope/forward.js';
import { newMessageId, type PlaintextMessage } from '../../envelope/message.js';
import type { Unpacked } from '../../envelope/unpack.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { MediationClient } from '../../protocols/client/mediation-client.js';
import { COORDINATE_MEDIATION_3 } from '../../protocols/coordinate-mediation-3.js';
import { parseMessageType } from '../../protocols/message-type.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { OutboxEntry, OwnRecord } from '../storage/records.js';

interface CarriedRegistrationOptions {
  readonly store: Pick<PeerStore, 'outbox' | 'putOutbox' | 'settleOutbox'>;
  own(): Pick<OwnRecord, 'isRegistered' | 'mediatorInvitationId'>;
  correspondent(): Correspondent;
  /** Told when the gateway has said that there is a mailbox. */
  onRegistered(): Promise<void>;
}

const REQUEST = `${COORDINATE_MEDIATION_3}/mediate-request`;
const UPDATE = `${COORDINATE_MEDIATION_3}/recipient-update`;

/**
 * Gets a mailbox at a gateway to which there was never a connection (Coordinate Mediation 3.0). Both requests are in one forward to the
 * gateway itself, because a camera sees messages in any order and these have one. It waits in the outbox, to be shown, and
 * the answers come with a scan: the gateway puts them into the mailbox that they are about.
 */
export class CarriedRegistration {
  readonly #options: CarriedRegistrationOptions;

  constructor(options: CarriedRegistrationOptions) {
    this.#options = options;
  }

  /** What is to be shown; undefined for somebody who is registered. The same until it is answered. */
  async request(): Promise<OutboxEntry | undefined> {
    const { own, store } = this.#options;
    if (own().isRegistered) return undefined;
    const waiting = await this.#waiting();
    if (waiting !== undefined) return waiting;
    await store.putOutbox(await this.#compose());
    return this.#waiting();
  }

  /**
   * Takes an answer; false for anything else. Throws ERR_NOT_ALLOWED when the gateway denies a mailbox, and ERR_REFUSED when it
   * gives one that this way does not lead to.
   */
  async take({ message, from, authenticated }: Unpacked): Promise<boolean> {
    const { own, store, correspondent, onRegistered } = this.#options;
    const { mediator, resolver } = correspondent();
    const isFromMediator = authenticated && from !== null && resolver.canonical(from) === mediator.did;
    if (own().isRegistered || !isFromMediator || message.thid === undefined) return false;
    const waiting = await this.#waiting();
    const requests = waiting?.message.attachments ?? [];
    const answered = requests.find(({ id }) => id === message.thid);
    if (waiting === undefined || answered === undefined) return false;
    await this.#check(answered.description, message);
    const { number: _, ...entry } = waiting;
    const attachments = requests.filter((request) => request !== answered);
    if (attachments.length === 0) await onRegistered();
    else await store.putOutbox({ ...entry, message: { ...entry.message, attachments } });
    await store.settleOutbox(waiting, undefined);
    return true;
  }

  async #waiting(): Promise<OutboxEntry | undefined> {
    return (await this.#options.store.outbox()).findLast(({ message }) => message.type === FORWARD_TYPE);
  }

  /** The ids of the attachments are those that the answers name; the requests themselves are sealed in them. */
  async #compose(): Promise<OutboxEntry> {
    const { own, correspondent } = this.#options;
    const { did, mediator, primitives } = correspondent();
    const pthid = own().mediatorInvitationId;
    const body = { updates: [{ recipient_did: did, action: 'add' }] };
    const requests = [
      { id: newMessageId(primitives), type: REQUEST, pthid, body: {} },
      { id: newMessageId(primitives), type: UPDATE, body },
    ];
    const attachments: Attachment[] = [];
    for (const request of requests) attachments.push(await this.#seal(request));
    const envelope = { from: did, to: [mediator.spelledAs], body: { next: mediator.spelledAs }, attachments };
    const message = { ...envelope, id: newMessageId(primitives), type: FORWARD_TYPE };
    return { contact: mediator.did, to: mediator.spelledAs, message };
  }

  async #seal(request: PlaintextMessage): Promise<Attachment> {
    const { did, mediator, envelopes } = this.#options.correspondent();
    const to = [mediator.spelledAs];
    const [packed] = await envelopes.pack({ ...request, from: did, to }, { mode: 'auth', from: did, to });
    const json: unknown = JSON.parse(packed?.packed ?? '{}');
    return { id: request.id, description: request.type, data: { json } };
  }

  async #check(asked: string | undefined, message: PlaintextMessage): Promise<void> {
    const { did, mediator, resolver } = this.#options.correspondent();
    const received = { message, type: parseMessageType(message.type) };
    // The answer to what it asks is here already.
    const client = new MediationClient(COORDINATE_MEDIATION_3, async () => received);
    if (asked === REQUEST) {
      const routes = await client.request(undefined);
      if (routes.some((route) => resolver.canonical(route) === mediator.did)) return;
      throw new WaypostError('ERR_REFUSED', 'this gateway has to be reached over a connection for the first time');
    }
    const [result] = await client.update([{ recipient_did: did, action: 'add' }]);
    if (result !== 'success')
      throw new WaypostError('ERR_REFUSED', 'the gateway does not take messages for this browser');
  }
}
