import { utf8 } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';
import type { Reply } from '../../src/protocols/protocol.js';
import type { AgentOutbox } from '../../src/sensor/rules/agent-outbox.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { primitives } from './station.js';

/** What an agent reads, without envelopes. */
export interface SentMessage extends Reply {
  readonly id: string;
  readonly isSigned: boolean;
}

/** Puts messages as they are into queues `out:<agent>`, where {@link fetch} takes them from, as an agent would. */
export class PlainOutbox implements AgentOutbox {
  /** Set to make packing fail, as for an agent whose DID cannot be resolved. */
  isUnresolvable = false;
  readonly #store: MessageStore;
  #count = 0;

  constructor(store: MessageStore) {
    this.#store = store;
  }

  async prepare(message: Reply, agent: string, isSigned: boolean) {
    if (this.isUnresolvable) {
      throw new WaypostError('ERR_DID_UNAVAILABLE', 'the network is away', { retryable: true });
    }
    const id = `message-${++this.#count}`;
    const content = utf8(JSON.stringify({ ...message, id, isSigned }));
    const contentHash = primitives.sha256(content);
    const put = { destination: `out:${agent}`, depositor: 'own', priority: 'expedited', content, contentHash } as const;
    return { id, operations: [{ kind: 'put', message: put } as const], announce: () => {} };
  }

  async waiting(agent: string): Promise<number> {
    return (await this.#store.status(`out:${agent}`)).messages;
  }
}

/** What waits for an agent; it is acknowledged. */
export async function fetch(store: MessageStore, agent: string): Promise<readonly SentMessage[]> {
  const destination = `out:${agent}`;
  const queued = await store.list({ destinations: [destination], limitMessages: 1000 });
  await store.acknowledge(
    queued.map(({ id }) => id),
    [destination],
  );
  return queued.map(({ content }) => JSON.parse(new TextDecoder().decode(content)) as SentMessage);
}
