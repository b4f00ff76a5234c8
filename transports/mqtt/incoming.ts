import { type ErrorCode, isWaypostError, type WaypostError } from '../../src/core/errors.js';
import type { Delivery } from './connection.js';
import type { MqttContext } from './context.js';
import { decodePayload, type Greeting, type Segment } from './frame-codec.js';
import { Reassembly } from './reassembly.js';
import { type InboxPlace, returnNameIn } from './topics.js';

/** A message that came to a topic of ours, and is whole. */
export interface IncomingMessage {
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
  /** How the sender can be answered. */
  readonly returnName: string | undefined;
  /**
   * Accepts it, or refuses it. To be called once. After a refusal that may not be one later the message comes again, but for
   * that of a device which `isAnswered`. False when the connection that it came on is gone, and the broker will bring it again.
   */
  settle(reason: WaypostError | undefined, isAnswered: boolean): Promise<boolean>;
}

interface IncomingOptions {
  readonly place: Pick<InboxPlace, 'prefix'>;
  /** Tells the partial messages of one topic from those of others. */
  readonly owner: string;
  readonly onMessage: (message: IncomingMessage) => void;
  readonly onGreeting: (kind: Greeting, returnName: string) => void;
}

/** Reason codes of a PUBACK (MQTT 5.0, 3.4.2.1). Under 3.1.1 there are none: the broker forgets the message all the same. */
export const REASONS = { refused: 131, notAuthorized: 135, quotaExceeded: 151, malformed: 153 } as const;
const NOT_AUTHORIZED: ReadonlySet<ErrorCode> = new Set(['ERR_NOT_ALLOWED']);

/** From what a broker brings to messages: heads are read, segments come together, rubbish is counted and acknowledged. */
export class Incoming {
  readonly #context: MqttContext;
  readonly #options: IncomingOptions;
  readonly #reassembly: Reassembly;

  constructor(context: MqttContext, options: IncomingOptions) {
    this.#context = context;
    this.#options = options;
    const { partials, sha256, limits } = context;
    this.#reassembly = new Reassembly({ partials, sha256, maxMessageBytes: limits.maxMessageBytes });
  }

  receive(delivery: Delivery): void {
    if (delivery.isRetained) {
      this.#reject(delivery, 'mqtt.retained'); // a message is for one reader, once; somebody misuses the topic
      return;
    }
    const payload = decodePayload(delivery.payload);
    if (payload === undefined) {
      this.#reject(delivery, 'mqtt.malformed');
      return;
    }
    const returnName = payload.returnName ?? this.#returnNameOf(delivery);
    switch (payload.kind) {
      case 'hello':
      case 'goodbye':
        delivery.settle();
        this.#options.onGreeting(payload.kind, payload.returnName);
        break;
      case 'whole':
        if (payload.message.length > this.#context.limits.maxMessageBytes) this.#reject(delivery, 'mqtt.oversized');
        else this.#handOn(delivery, payload.message, returnName, undefined);
        break;
      case 'segment':
        void this.#assemble(delivery, payload, returnName);
        break;
    }
  }

  async #assemble(delivery: Delivery, segment: Segment, returnName: string | undefined): Promise<void> {
    try {
      const whole = await this.#reassembly.add(`${this.#options.owner} ${returnName ?? ''}`, segment);
      if (whole === undefined) delivery.settle();
      else this.#handOn(delivery, whole, returnName, segment.hash);
    } catch (error) {
      if (isWaypostError(error, 'ERR_TOO_LARGE')) this.#reject(delivery, 'mqtt.oversized');
      else if (isWaypostError(error) && !error.retryable) this.#reject(delivery, 'mqtt.malformed');
      else {
        this.#context.logger.warn('mqtt.segment-failed', { message: String(error) });
        offerAgain(this.#context, {}, () => this.receive(delivery));
      }
    }
  }

  #handOn(delivery: Delivery, bytes: Uint8Array, returnName: string | undefined, hash: Uint8Array | undefined): void {
    this.#options.onMessage({
      bytes,
      mediaType: delivery.contentType,
      returnName,
      settle: async (reason) => {
        if (reason?.retryable) {
          offerAgain(this.#context, reason, () => this.receive(delivery));
          return delivery.isCurrent();
        }
        if (hash !== undefined) await this.#reassembly.discard(hash).catch(this.#complain);
        return delivery.settle(reason === undefined ? 0 : reasonCodeOf(reason));
      },
    });
  }

  #returnNameOf({ responseTopic }: Delivery): string | undefined {
    if (responseTopic === undefined) return undefined;
    const name = returnNameIn(this.#options.place, responseTopic);
    if (name === undefined) this.#context.logger.debug('mqtt.response-topic-refused');
    return name;
  }

  #reject(delivery: Delivery, event: string): void {
    rejectDelivery(this.#context, delivery, event);
  }

  readonly #complain = (error: unknown): void => {
    this.#context.logger.warn('mqtt.segment-failed', { message: String(error) });
  };
}

/** What is no message, or must not be where it came: counted, and the broker forgets it. */
export function rejectDelivery({ logger }: MqttContext, delivery: Delivery, event: string): void {
  logger.debug(event, { bytes: delivery.payload.length });
  delivery.settle(REASONS.malformed);
}

function reasonCodeOf(reason: WaypostError): number {
  return NOT_AUTHORIZED.has(reason.code) ? REASONS.notAuthorized : REASONS.refused;
}

/** What was refused for now stays with the broker, and is offered again from here: the broker would do so only on another connection. */
export function offerAgain(
  { scheduler, limits, logger }: MqttContext,
  reason: { readonly retryAfterMs?: number | undefined },
  offer: () => void,
): void {
  logger.debug('mqtt.refused-for-now');
  scheduler.after(reason.retryAfterMs ?? limits.offerAgainMs, offer);
}
