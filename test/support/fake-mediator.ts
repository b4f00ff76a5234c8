import { utf8 } from '../../src/core/bytes.js';
import { newMessageId, type PlaintextMessage } from '../../src/envelope/message.js';
import type { Channel, Transport } from '../../src/transport/transport.js';
import { Agent, CM2, type Draft, PICKUP3 } from './agent.js';
import { newIdentity, primitives } from './station.js';

/** Gives the answer to a message, or undefined to stay silent. */
export type Behaviour = (message: PlaintextMessage, mediator: FakeMediator) => Draft | undefined;

/** A mediator of a few lines, written apart from waypost's own, so that tests can make it misbehave. */
export class FakeMediator {
  readonly agent = new Agent(newIdentity('memory:fake'));
  /** Everything that was asked of it. */
  readonly asked: PlaintextMessage[] = [];
  readonly registered = new Set<string>();
  /** Packed messages by id, until they are acknowledged. */
  readonly queue = new Map<string, string>();
  readonly #behaviour: Behaviour;
  #last: Channel | undefined;
  #client = '';

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  get did(): string {
    return this.agent.did;
  }

  /** How often something was asked, by the end of its type. */
  count(name: string): number {
    return this.asked.filter(({ type }) => type.endsWith(`/${name}`)).length;
  }

  async listen(memory: Transport): Promise<void> {
    const listener = await memory.listen('memory:fake');
    void (async () => {
      for await (const channel of listener) void this.#serve(channel);
    })();
  }

  /** Sends something of its own accord over the connection that was used last. */
  async push(draft: Draft): Promise<void> {
    await this.#last?.send(utf8(await this.agent.pack(draft, this.#client)));
  }

  async #serve(channel: Channel): Promise<void> {
    for await (const arrival of channel) {
      const message = await this.agent.codec.unpack(arrival.bytes);
      this.#last = channel;
      this.#client = message.from ?? '';
      this.asked.push(message);
      const answer = this.#behaviour(message, this);
      const reply =
        answer && (await this.agent.pack({ id: newMessageId(primitives), thid: message.id, ...answer }, this.#client));
      await arrival.accept(reply === undefined ? undefined : utf8(reply)).catch(() => undefined);
    }
  }
}

const nameOf = ({ type }: PlaintextMessage): string => type.slice(type.lastIndexOf('/') + 1);

export const problem = (code: string): Draft => ({
  type: 'https://didcomm.org/report-problem/2.0/problem-report',
  body: { code },
});

/** Mediation 2.0 and pickup 3.0, without live mode and without discover-features; all else is a problem. */
export const oldFashioned: Behaviour = (message, mediator) => {
  if (!message.type.startsWith(CM2) && !message.type.startsWith(PICKUP3)) return problem('e.p.msg.unsupported');
  const body = message.body ?? {};
  switch (nameOf(message)) {
    case 'mediate-request':
      return { type: `${CM2}/mediate-grant`, body: { routing_did: mediator.did } };
    case 'keylist-update': {
      const updates = body.updates as { recipient_did: string; action: string }[];
      for (const { recipient_did, action } of updates) {
        if (action === 'add') mediator.registered.add(recipient_did);
        else mediator.registered.delete(recipient_did);
      }
      return {
        type: `${CM2}/keylist-update-response`,
        body: { updated: updates.map((update) => ({ ...update, result: 'success' })) },
      };
    }
    case 'keylist-query': {
      const keys = [...mediator.registered].map((recipient_did) => ({ recipient_did }));
      return { type: `${CM2}/keylist`, body: { keys } };
    }
    case 'delivery-request':
      return deliverAll(mediator, Number(body.limit));
    case 'messages-received':
      for (const id of body.message_id_list as string[]) mediator.queue.delete(id);
      return status(mediator);
    case 'status-request':
      return status(mediator);
    default:
      return problem('e.m.live-mode-not-supported');
  }
};

function status(mediator: FakeMediator): Draft {
  return { type: `${PICKUP3}/status`, body: { message_count: mediator.queue.size } };
}

/** A `delivery`, as json attachments like some mediators make them, or a `status` when there is nothing. */
function deliverAll(mediator: FakeMediator, limit: number): Draft {
  const attachments = [...mediator.queue]
    .slice(0, limit)
    .map(([id, packed]) => ({ id, data: { json: JSON.parse(packed) } }));
  return attachments.length === 0 ? status(mediator) : { type: `${PICKUP3}/delivery`, body: {}, attachments };
}
