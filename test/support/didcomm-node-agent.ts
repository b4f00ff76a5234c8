import { Agent } from './agent.js';
import { createDidcommNode } from './interop-didcomm-node.js';
import { newIdentity, primitives, resolver } from './station.js';

/** An agent whose envelopes are made and opened by didcomm-node. */
export function didcommNodeAgent(identity = newIdentity()): Agent {
  const node = createDidcommNode(primitives, resolver, identity.secrets);
  return new Agent(identity, {
    pack: (message, from, to) =>
      node.packEncrypted({ typ: 'application/didcomm-plain+json', body: {}, ...message } as never, {
        to,
        ...(from === undefined ? {} : { from }),
      }),
    unpack: async (packed) => (await node.unpack(new TextDecoder().decode(packed))).message as never,
  });
}
