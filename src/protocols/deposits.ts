import { isWaypostError } from '../core/errors.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Bell } from '../router/bell.js';
import type { MessageStore, Operation, PutResult } from '../store/message-store.js';
import type { Registry } from './mediation/registry.js';

interface DepositsOptions {
  readonly registry: Registry;
  readonly store: Pick<MessageStore, 'transact'>;
  readonly primitives: Primitives;
  /** Rung for the queue that something was put into. */
  readonly deposited: Bell;
}

/** Who is counted for messages, and how long they are good. */
export interface DepositTerms {
  readonly depositor: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAtMs?: number;
}

/** A registration may change while a message is on its way to the store; then it is looked up again. */
const ATTEMPTS = 5;

/** Puts packed messages into the queue of a registered recipient. */
export class Deposits {
  readonly #options: DepositsOptions;

  constructor(options: DepositsOptions) {
    this.#options = options;
  }

  /**
   * Durable when it resolves: all of `contents`, or none when it throws what the store throws. Undefined when `recipient`
   * (canonical) is not registered here.
   */
  async put(
    recipient: string,
    contents: readonly Uint8Array[],
    terms: DepositTerms,
  ): Promise<readonly PutResult[] | undefined> {
    const { registry, store, primitives, deposited } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const found = await registry.destinationOf(recipient);
      if (found === undefined) return undefined;
      const puts = contents.map((content) => {
        const contentHash = primitives.sha256(content);
        const message = { ...terms, destination: found.queue, priority: 'normal', content, contentHash } as const;
        return { kind: 'put', message } as const;
      });
      try {
        const condition: Operation = found.condition;
        const [, ...results] = await store.transact([condition, ...puts]);
        deposited.ring(found.queue);
        return results as readonly PutResult[];
      } catch (error) {
        if (!isWaypostError(error, 'ERR_STORE_CONFLICT') || attempt === ATTEMPTS) throw error;
      }
    }
  }
}
