import { utf8 } from '../../src/core/bytes.js';
import type { CreatedDid } from '../../src/did/create.js';
import type { Envelopes } from '../../src/envelope/envelopes.js';
import { newMessageId, type PlaintextMessage } from '../../src/envelope/message.js';
import type { Channel } from '../../src/transport/transport.js';
import type { Posted } from './post-office.js';
import { envelopesOf, newIdentity, primitives, type Station } from './station.js';

export type Draft = Partial<PlaintextMessage> & Pick<PlaintextMessage, 'type'>;

/** How an agent packs and opens: waypost's own envelopes, or another implementation's. */
export interface Codec {
  pack(message: PlaintextMessage, from: string | undefined, to: string): Promise<string>;
  unpack(packed: Uint8Array): Promise<PlaintextMessage>;
}

export function ownCodec(identities: readonly CreatedDid[]): Codec {
  const envelopes: Envelopes = envelopesOf(identities);
  return {
    async pack(message, from, to) {
      const options =
        from === undefined ? { mode: 'anon' as const, to: [to] } : { mode: 'auth' as const, from, to: [to] };
      const [envelope] = await envelopes.pack(message, options);
      return envelope?.packed ?? '';
    },
    unpack: async (packed) => (await envelopes.unpack(packed)).message,
  };
}

/** Somebody with a DID who knows nothing of waypost. */
export class Agent {
  readonly identity: CreatedDid;
  readonly did: string;
  readonly codec: Codec;

  constructor(identity: CreatedDid = newIdentity(), codec: Codec = ownCodec([identity])) {
    this.identity = identity;
    this.did = identity.did;
    this.codec = codec;
  }

  /** An authcrypted message to `to`. */
  pack(draft: Draft, to: string): Promise<string> {
    return this.codec.pack(this.#complete(draft, to), this.did, to);
  }

  /** What a sender does who reaches `recipient` through `mediator`: an anonymous forward around an authcrypt message. */
  async packForward(
    text: string,
    recipient: string,
    mediator: string,
    as: 'json' | 'base64' = 'json',
  ): Promise<string> {
    const inner = await this.pack(
      { type: 'https://didcomm.org/basicmessage/2.0/message', body: { content: text } },
      recipient,
    );
    return this.wrap([inner], recipient, mediator, as);
  }

  wrap(inner: readonly string[], next: string, mediator: string, as: 'json' | 'base64' = 'json'): Promise<string> {
    const attachments = inner.map((packed) => ({
      data: as === 'json' ? { json: JSON.parse(packed) } : { base64: Buffer.from(packed).toString('base64url') },
    }));
    const forward = { type: 'https://didcomm.org/routing/2.0/forward', body: { next }, attachments };
    return this.codec.pack({ id: newMessageId(primitives), to: [mediator], ...forward }, undefined, mediator);
  }

  /** Posts a request with `return_route: all` and opens the reply. */
  async ask(station: Station, draft: Draft): Promise<PlaintextMessage> {
    const posted = await this.post(station, { return_route: 'all', ...draft });
    if (posted.reply === undefined) throw new Error(`no reply: ${posted.outcome} ${posted.error?.message ?? ''}`);
    return this.codec.unpack(posted.reply);
  }

  async post(station: Station, draft: Draft): Promise<Posted> {
    return station.posts.post(await this.pack(draft, station.did));
  }

  async connect(station: Station): Promise<Line> {
    return new Line(this, station, await station.memory.dial(station.address));
  }

  #complete(draft: Draft, to: string): PlaintextMessage {
    return { id: newMessageId(primitives), from: this.did, to: [to], body: {}, ...draft };
  }
}

/** An agent's open connection, as over WebSocket. */
export class Line {
  readonly inbox: PlaintextMessage[] = [];
  readonly #agent: Agent;
  readonly #station: Station;
  readonly #channel: Channel;

  constructor(agent: Agent, station: Station, channel: Channel) {
    this.#agent = agent;
    this.#station = station;
    this.#channel = channel;
    void this.#listen();
  }

  async send(draft: Draft): Promise<void> {
    await this.sendPacked(await this.#agent.pack({ return_route: 'all', ...draft }, this.#station.did));
  }

  async sendPacked(packed: string): Promise<void> {
    await this.#channel.send(utf8(packed));
  }

  /** Those of a type, by the end of it. */
  received(name: string): readonly PlaintextMessage[] {
    return this.inbox.filter(({ type }) => type.endsWith(`/${name}`));
  }

  async close(): Promise<void> {
    await this.#channel[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    for await (const arrival of this.#channel) {
      this.inbox.push(await this.#agent.codec.unpack(arrival.bytes));
      // The station may be gone by now, which is what some tests are about.
      await arrival.accept().catch(() => undefined);
    }
  }
}

export const CM2 = 'https://didcomm.org/coordinate-mediation/2.0';
export const CM3 = 'https://didcomm.org/coordinate-mediation/3.0';
export const PICKUP3 = 'https://didcomm.org/messagepickup/3.0';
export const PICKUP4 = 'https://didcomm.org/message-pickup/4.0';

/** Mediation 3.0 for an agent: a grant, and `dids` (its own by default) registered. Gives the results. */
export async function enrol(agent: Agent, station: Station, dids: readonly string[] = [agent.did]): Promise<unknown[]> {
  const grant = await agent.ask(station, { type: `${CM3}/mediate-request` });
  if (!grant.type.endsWith('/mediate-grant')) return [grant.type];
  return update(
    agent,
    station,
    dids.map((recipient_did) => ({ recipient_did, action: 'add' })),
  );
}

export async function update(agent: Agent, station: Station, updates: readonly unknown[]): Promise<unknown[]> {
  const { body } = await agent.ask(station, { type: `${CM3}/recipient-update`, body: { updates } });
  return ((body?.updated ?? []) as { result: unknown }[]).map(({ result }) => result);
}

export async function countFor(agent: Agent, station: Station, recipientDid?: string): Promise<unknown> {
  const body = recipientDid === undefined ? {} : { recipient_did: recipientDid };
  return (await agent.ask(station, { type: `${PICKUP3}/status-request`, body })).body?.message_count;
}

/** Fetches with pickup 3.0: ids, and the packed messages. */
export async function fetchFor(
  agent: Agent,
  station: Station,
  body: Record<string, unknown> = { limit: 10 },
): Promise<{ id: string; packed: Uint8Array }[]> {
  const { attachments } = await agent.ask(station, { type: `${PICKUP3}/delivery-request`, body });
  return (attachments ?? []).map(({ id, data }) => ({
    id: id ?? '',
    packed: new Uint8Array(Buffer.from(data.base64 ?? '', 'base64url')),
  }));
}

/** The texts of basic messages in deliveries. */
export async function textsOf(agent: Agent, packed: readonly { packed: Uint8Array }[]): Promise<unknown[]> {
  return Promise.all(packed.map(async (item) => (await agent.codec.unpack(item.packed)).body?.content));
}

export async function acknowledge(agent: Agent, station: Station, ids: readonly string[]): Promise<void> {
  await agent.ask(station, { type: `${PICKUP3}/messages-received`, body: { message_id_list: ids } });
}
