import { WaypostError } from '../../core/errors.js';
import type { MessageStore, QueuedMessage } from '../../store/message-store.js';
import { bodyOf, booleanIn, countIn, didIn, textsIn } from '../body.js';
import type { Registry } from '../mediation/registry.js';
import type { Received, Sender } from '../protocol.js';
import type { ReplayGuard } from '../replay-guard.js';
import { provenSender } from '../sender.js';
import { deliveryBytes } from './delivery.js';
import type { HandedOut } from './handed-out.js';
import type { LiveMode, MakeDelivery } from './live-mode.js';
import type { Mailboxes, MailboxStatus } from './mailboxes.js';

const DEFAULT_LIMIT = 10;
/** In one `messages-received`. */
const MAX_IDS = 10_000;

interface PickupOptions {
  readonly mailboxes: Mailboxes;
  readonly handedOut: HandedOut;
  readonly live: LiveMode;
  readonly registry: Registry;
  readonly replays: ReplayGuard;
  readonly store: Pick<MessageStore, 'transact'>;
  /** Of messages in one `delivery`. */
  readonly deliveryLimitBytes: number;
  canonical(did: string): string;
}

export interface StatusAnswer extends MailboxStatus {
  /** As the request spelled it. */
  readonly recipientDid: string | undefined;
  readonly isLive: boolean;
}

interface DeliveryAnswer {
  readonly recipientDid: string | undefined;
  readonly messages: readonly QueuedMessage[];
}

type LiveAnswer =
  | { readonly isSupported: false }
  | { readonly isSupported: true; readonly status: StatusAnswer; readonly afterwards: (() => void) | undefined };

/** What versions 3.0 and 4.0 of message pickup have in common: everything but names, units and who is answered. */
export class Pickup {
  readonly #options: PickupOptions;

  constructor(options: PickupOptions) {
    this.#options = options;
  }

  async status(received: Received): Promise<StatusAnswer> {
    const sender = provenSender(received);
    return this.#status(received, sender, this.#recipientOf(received));
  }

  async deliver(received: Received, limitMember: string): Promise<DeliveryAnswer> {
    const sender = provenSender(received);
    const body = bodyOf(received.message);
    const recipient = this.#recipientOf(received);
    const messages = await this.#options.mailboxes.list(sender.did, {
      recipient: recipient?.did,
      limitMessages: countIn(body, limitMember) ?? countIn(body, 'limit') ?? DEFAULT_LIMIT,
      limitBytes: deliveryBytes(this.#options.deliveryLimitBytes, received.connection.maxMessageBytes),
    });
    return { recipientDid: recipient?.spelledAs, messages };
  }

  async acknowledge(received: Received): Promise<StatusAnswer> {
    const sender = provenSender(received);
    const ids = textsIn(bodyOf(received.message), 'message_id_list', MAX_IDS);
    await this.#options.mailboxes.acknowledge(sender.did, ids);
    await this.#options.handedOut.acknowledge(sender.did, ids);
    return this.#status(received, sender, undefined);
  }

  /**
   * A request that was there before changes nothing: whoever recorded it would have the messages pushed to himself.
   * It is answered like the first one.
   */
  async changeLive(received: Received, makeDelivery: MakeDelivery): Promise<LiveAnswer> {
    const sender = provenSender(received);
    const { live, replays, store } = this.#options;
    const isWanted = booleanIn(bodyOf(received.message), 'live_delivery') ?? false;
    if (isWanted && !received.connection.isPersistent) return { isSupported: false };
    await this.#assertServed(sender);
    const afterwards = await replays.once(
      sender.did,
      received.message.id,
      async (remember) => {
        await store.transact(remember);
        if (isWanted) return live.turnOn(received, sender, makeDelivery);
        live.turnOff(received.connection, sender.did);
        return undefined;
      },
      async () => undefined,
    );
    return { isSupported: true, status: await this.#status(received, sender, undefined), afterwards };
  }

  /** Only those are remembered whom this station serves: strangers must not fill its memory of requests. */
  async #assertServed({ did }: Sender): Promise<void> {
    const { registry, mailboxes } = this.#options;
    if ((await registry.hasAccount(did)) || (await mailboxes.queuesOf(did)).length > 0) return;
    throw new WaypostError('ERR_NOT_ALLOWED', 'live mode is for those who have a mailbox here');
  }

  /** `recipient_key` is what some agents say, with a key of the DID. */
  #recipientOf(received: Received): Sender | undefined {
    const body = bodyOf(received.message);
    const spelledAs = didIn(body, 'recipient_did') ?? didIn(body, 'recipient_key');
    return spelledAs === undefined ? undefined : { did: this.#options.canonical(spelledAs), spelledAs };
  }

  async #status(received: Received, sender: Sender, recipient: Sender | undefined): Promise<StatusAnswer> {
    return {
      ...(await this.#options.mailboxes.status(sender.did, recipient?.did)),
      recipientDid: recipient?.spelledAs,
      isLive: this.#options.live.isOn(received.connection, sender.did),
    };
  }
}
