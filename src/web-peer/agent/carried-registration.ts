import { WaypostError } from '../../core/errors.js';
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
 * Gets a mailbox at a gateway to which there was never a connection (Coordinate Mediation 3.0): both requests wait in the outbox, to
 * be shown, and the answers come with a scan. The gateway puts them into the mailbox that they are about.
 */
export class CarriedRegistration {
  readonly #options: CarriedRegistrationOptions;

  constructor(options: CarriedRegistrationOptions) {
    this.#options = options;
  }

  /** What is to be shown, in its order; nothing for somebody who is registered. The same until it is answered. */
  async requests(): Promise<readonly OutboxEntry[]> {
    const { own, store, correspondent } = this.#options;
    if (own().isRegistered) return [];
    const waiting = (await store.outbox()).filter(isRequest);
    if (waiting.length > 0) return waiting;
    const { did, mediator, primitives } = correspondent();
    const common = { from: did, to: [mediator.spelledAs] };
    const pthid = own().mediatorInvitationId;
    const updates = [{ recipient_did: did, action: 'add' }];
    const messages: PlaintextMessage[] = [
      { ...common, id: newMessageId(primitives), type: REQUEST, pthid, body: {} },
      { ...common, id: newMessageId(primitives), type: UPDATE, body: { updates } },
    ];
    for (const message of messages) {
      await store.putOutbox({ contact: mediator.did, to: mediator.spelledAs, message });
    }
    return (await store.outbox()).filter(isRequest);
  }

  /**
   * Takes an answer; false for anything else. Throws ERR_NOT_ALLOWED when the gateway denies a mailbox, and ERR_REFUSED when it
   * gives one that this way does not lead to.
   */
  async take({ message, from, authenticated }: Unpacked): Promise<boolean> {
    const { own, store, correspondent, onRegistered } = this.#options;
    const { mediator, resolver } = correspondent();
    const isFromMediator = authenticated && from !== null && resolver.canonical(from) === mediator.did;
    if (own().isRegistered || !isFromMediator) return false;
    const waiting = (await store.outbox()).filter(isRequest);
    const answered = waiting.find((entry) => entry.message.id === message.thid);
    if (answered === undefined) return false;
    await this.#check(answered, message);
    if (waiting.length === 1) await onRegistered();
    await store.settleOutbox(answered, undefined);
    return true;
  }

  async #check({ message: { type: asked } }: OutboxEntry, message: PlaintextMessage): Promise<void> {
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

function isRequest({ message: { type } }: OutboxEntry): boolean {
  return type === REQUEST || type === UPDATE;
}
