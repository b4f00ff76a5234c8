import { WaypostError } from '../core/errors.js';
import type { DidResolver } from '../envelope/resolvers.js';
import type { Reply } from '../protocols/protocol.js';
import type { AgentOutbox } from '../sensor/rules/agent-outbox.js';
import type { Outbox } from './outbox.js';
import type { Packer } from './packer.js';

interface AgentOutboxOptions {
  readonly packer: Pick<Packer, 'pack' | 'packSigned'>;
  readonly outbox: Pick<Outbox, 'place' | 'waiting'>;
  readonly resolver: DidResolver;
  /** Whose messages they are. */
  readonly ownDid: string;
  /** That `ownDid` came after another one: an agent may know this station by that. */
  readonly fromPrior: string | undefined;
}

/** The way of readings to agents: packed here, and then queued and pushed like every message of ours. */
export function createAgentOutbox(options: AgentOutboxOptions): AgentOutbox {
  const { packer, outbox, resolver, ownDid, fromPrior } = options;
  const rotation = fromPrior === undefined ? {} : { from_prior: fromPrior };
  return {
    async prepare(message: Reply, agent: string, isSigned: boolean) {
      const to = { did: resolver.canonical(agent), spelledAs: agent };
      const whole = { ...message, headers: { ...message.headers, ...rotation } };
      const outgoing = isSigned
        ? await packer.packSigned(whole, await signingKey(resolver, ownDid), to)
        : await packer.pack(whole, ownDid, to);
      return { id: outgoing.id, ...(await outbox.place(outgoing, to, ownDid)) };
    },
    waiting: (agent) => outbox.waiting(resolver.canonical(agent)),
  };
}

/** The key that a DID of ours signs with: the first one that its document lists for authentication. */
async function signingKey(resolver: DidResolver, did: string): Promise<string> {
  const [method] = (await resolver.resolve(did))?.authentication ?? [];
  const id = typeof method === 'string' ? method : method?.id;
  if (id === undefined) throw new WaypostError('ERR_SECRET_NOT_FOUND', 'the DID of this station has no key that signs');
  return id.startsWith('#') ? `${did}${id}` : id;
}
