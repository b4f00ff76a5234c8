import { isWaypostError } from '../core/errors.js';
import { isJsonObject, parseJsonObject } from '../core/json.js';
import type { Logger } from '../core/logger.js';
import type { Primitives } from '../crypto/primitives.js';
import { didOf } from '../envelope/did-url.js';
import type { Delivered } from '../protocols/client/pickup-client.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Received } from '../protocols/protocol.js';
import type { Bell } from '../router/bell.js';
import type { MessageStore } from '../store/message-store.js';

interface CollectorOptions {
  readonly store: Pick<MessageStore, 'transact'>;
  readonly registry: Registry;
  readonly primitives: Primitives;
  readonly deposited: Bell;
  readonly logger: Logger;
  canonical(did: string): string;
  isOwn(did: string): boolean;
  /** For a message to this station itself. Resolves when it was handled. */
  receiveInner(content: Uint8Array, outer: Received): Promise<void>;
}

const LIMITS = { maxBytes: 16 * 1024 * 1024, maxDepth: 100 };
const MAX_RECIPIENTS = 100;

/** Puts messages that another mediator held into the queues here. */
export class Collector {
  readonly #options: CollectorOptions;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /**
   * Gives the ids of the messages that are stored durably here, or done. The others stay with the mediator, which is
   * the safest place for what cannot be stored or is for nobody known here. `outer` is the message that brought them.
   */
  async take(delivered: readonly Delivered[], outer: Received): Promise<readonly string[]> {
    const taken: string[] = [];
    for (const { id, content } of delivered) {
      try {
        if (await this.#takeOne(content, outer)) taken.push(id);
      } catch (error) {
        const code = isWaypostError(error) ? error.code : 'ERR_INTERNAL';
        this.#options.logger.warn('upstream.not-taken', { id, code, message: String(error) });
        // What can be tried again must not be overtaken by what comes behind it.
        if (isWaypostError(error) && error.retryable) break;
      }
    }
    return taken;
  }

  async #takeOne(content: Uint8Array, outer: Received): Promise<boolean> {
    const recipients = recipientsOf(content);
    if (recipients.some((did) => this.#options.isOwn(did))) {
      await this.#options.receiveInner(content, outer);
      return true;
    }
    for (const did of recipients) {
      if (await this.#store(content, did, outer)) return true;
    }
    this.#options.logger.warn('upstream.nobody', { recipient: recipients[0] });
    return false;
  }

  async #store(content: Uint8Array, did: string, outer: Received): Promise<boolean> {
    const { store, registry, primitives, deposited, canonical } = this.#options;
    const found = await registry.destinationOf(canonical(did));
    if (found === undefined) return false;
    const message = {
      destination: found.queue,
      depositor: outer.sender?.did ?? outer.connection.source,
      priority: 'normal',
      content,
      contentHash: primitives.sha256(content),
    } as const;
    await store.transact([found.condition, { kind: 'put', message }]);
    deposited.ring(found.queue);
    return true;
  }
}

/** The DIDs whose keys an encrypted message is for. */
function recipientsOf(content: Uint8Array): readonly string[] {
  const { recipients } = parseJsonObject(content, LIMITS, 'a delivered message');
  const dids = new Set<string>();
  for (const recipient of Array.isArray(recipients) ? recipients.slice(0, MAX_RECIPIENTS) : []) {
    const header = isJsonObject(recipient) ? recipient.header : undefined;
    const kid = isJsonObject(header) ? header.kid : undefined;
    if (typeof kid === 'string') dids.add(didOf(kid));
  }
  return [...dids];
}
