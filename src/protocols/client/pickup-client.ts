import { isWaypostError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { Attachment } from '../../envelope/attachment.js';
import { bodyOf, countIn } from '../body.js';
import { MESSAGE_PICKUP_4 } from '../message-pickup-4.js';
import { MESSAGE_PICKUP_3 } from '../messagepickup-3.js';
import type { Reply } from '../protocol.js';
import { type Answer, type Ask, expectAnswer, type Tell } from './answers.js';

export type PickupVersion = typeof MESSAGE_PICKUP_3 | typeof MESSAGE_PICKUP_4;

/** 3.0 is what is in use; 4.0 is said more exactly and is taken where a mediator discloses it. */
export const PICKUP_VERSIONS: readonly PickupVersion[] = [MESSAGE_PICKUP_3, MESSAGE_PICKUP_4];
export const DISCLOSED_PICKUP_VERSIONS: readonly PickupVersion[] = [MESSAGE_PICKUP_4, MESSAGE_PICKUP_3];

/** Messages that a mediator hands over. */
export interface Delivery {
  readonly version: PickupVersion;
  readonly attachments: readonly Attachment[];
}

/** A `delivery` of either version; undefined for any other message. */
export function readDelivery({ type, message }: Answer): Delivery | undefined {
  if (type.protocol !== 'messagepickup' || type.name !== 'delivery') return undefined;
  const version = type.major === 4 ? MESSAGE_PICKUP_4 : MESSAGE_PICKUP_3;
  return { version, attachments: message.attachments ?? [] };
}

/** Message Pickup 3.0 or 4.0, the recipient's side. */
export class PickupClient {
  readonly version: PickupVersion;
  readonly #ask: Ask;
  readonly #tell: Tell;

  constructor(version: PickupVersion, ask: Ask, tell: Tell) {
    this.version = version;
    this.#ask = ask;
    this.#tell = tell;
  }

  /** What waits, at most `limitMessages`; nothing attached when nothing waits. */
  async deliver(limitMessages: number): Promise<Delivery> {
    const limitMember = this.version === MESSAGE_PICKUP_4 ? 'message_count_limit' : 'limit';
    const answer = await this.#ask(this.#message('delivery-request', { [limitMember]: limitMessages }));
    expectAnswer(answer, 'delivery', 'status');
    return readDelivery(answer) ?? { version: this.version, attachments: [] };
  }

  /** How many messages wait. */
  async count(): Promise<number> {
    const answer = await this.#ask(this.#message('status-request', {}));
    expectAnswer(answer, 'status');
    return countIn(bodyOf(answer.message), 'message_count') ?? 0;
  }

  /** True when the mediator pushes from now on, until the connection ends; false when it refuses to. */
  async goLive(): Promise<boolean> {
    try {
      const answer = await this.#ask(this.#message('live-delivery-change', { live_delivery: true }));
      expectAnswer(answer, 'status');
      return bodyOf(answer.message).live_delivery !== false;
    } catch (error) {
      if (isWaypostError(error, 'ERR_REFUSED') && !error.retryable) return false;
      throw error;
    }
  }

  /**
   * Lets the mediator delete messages. Nothing is waited for: 4.0 has no answer to it, and of a mediator that missed it
   * the same messages come again.
   */
  async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#tell(this.#message('messages-received', { message_id_list: ids }));
  }

  #message(name: string, body: JsonObject): Reply {
    return { type: `${this.version}/${name}`, body, headers: { return_route: 'all' }, mayWait: false };
  }
}
