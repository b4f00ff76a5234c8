import { attachmentBytes } from '../../envelope/attachment.js';
import { MESSAGE_PICKUP_4 } from '../message-pickup-4.js';
import { MESSAGE_PICKUP_3 } from '../messagepickup-3.js';
import type { Received } from '../protocol.js';
import type { Exchange } from './exchange.js';

export type PickupVersion = '3.0' | '4.0';

/** A packed message as a mediator hands it over, and the id to acknowledge it by. */
export interface Delivered {
  readonly id: string;
  readonly content: Uint8Array;
}

/** The client's side of Message Pickup. */
export class PickupClient {
  readonly #exchange: Exchange;
  readonly #version: PickupVersion;

  constructor(exchange: Exchange, version: PickupVersion) {
    this.#exchange = exchange;
    this.#version = version;
  }

  /** True when live mode is on; false when the mediator cannot on this connection, and one has to ask again and again. */
  async goLive(): Promise<boolean> {
    const answer = await this.#exchange.request({
      type: `${this.#piuri}/live-delivery-change`,
      body: { live_delivery: true },
    });
    return answer.type.name === 'status';
  }

  /** What waits, at most `limit`, and the message that brought it. */
  async fetch(limit: number): Promise<{ received: Received; delivered: readonly Delivered[] }> {
    const body = this.#version === '3.0' ? { limit } : { message_count_limit: limit };
    const received = await this.#exchange.request({ type: `${this.#piuri}/delivery-request`, body });
    return { received, delivered: readDelivery(received) ?? [] };
  }

  /** Call it when the messages are stored here: the mediator deletes them. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#exchange.send({ type: `${this.#piuri}/messages-received`, body: { message_id_list: ids } });
  }

  get #piuri(): string {
    return this.#version === '3.0' ? MESSAGE_PICKUP_3 : MESSAGE_PICKUP_4;
  }
}

/**
 * The messages in a `delivery` of either version; undefined for any other message. Attachments may be base64 or json,
 * as different mediators make them; those without an id or content cannot be acknowledged and are passed over.
 */
export function readDelivery({ type, message }: Received): readonly Delivered[] | undefined {
  if (type.protocol !== 'messagepickup' || type.name !== 'delivery') return undefined;
  const delivered: Delivered[] = [];
  for (const attachment of message.attachments ?? []) {
    const content = attachmentBytes(attachment);
    if (content !== undefined && typeof attachment.id === 'string') delivered.push({ id: attachment.id, content });
  }
  return delivered;
}
