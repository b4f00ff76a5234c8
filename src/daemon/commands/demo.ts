import { createNodePrimitives } from '../../crypto/node.js';
import { createDid } from '../../did/create.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes, type Envelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import { newMessageId, type PlaintextMessage } from '../../envelope/message.js';
import type { AddCommand } from '../command.js';
import { EXIT } from '../io.js';

export const addDemoCommand: AddCommand = (program, io, finish) => {
  program
    .command('demo')
    .description('Packs a message from one fresh DID to another, opens it again and shows both.')
    .action(async () => {
      const primitives = createNodePrimitives();
      const alice = createAgent('Alice');
      const bob = createAgent('Bob');
      const message: PlaintextMessage = {
        id: newMessageId(primitives),
        type: 'https://didcomm.org/basicmessage/2.0/message',
        created_time: Math.floor(Date.now() / 1000),
        body: { content: 'Hello from where there is no internet.' },
      };
      const [envelope] = await alice.envelopes.pack(message, { mode: 'auth', from: alice.did, to: [bob.did] });
      const packed = envelope?.packed ?? '';
      show('Packed by Alice, for nobody but Bob', JSON.parse(packed));
      const { message: opened, from, authenticated } = await bob.envelopes.unpack(packed);
      show('Opened by Bob', { message: opened, authenticated, from });
      const proven = from === alice.did ? 'proven to be from Alice' : 'NOT proven to be from Alice';
      io.stdout.write(`\n${packed.length} bytes on the wire, ${proven}.\n`);
      finish(from === alice.did ? EXIT.done : EXIT.failed);
    });

  function createAgent(name: string): { did: string; envelopes: Envelopes } {
    const primitives = createNodePrimitives();
    const { did, secrets: keys } = createDid(primitives, { method: 'peer2' });
    const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10) });
    io.stdout.write(`${name} is ${did}\n`);
    return {
      did,
      envelopes: createEnvelopes({ primitives, resolver, secrets: createLocalSecrets({ primitives, keys }) }),
    };
  }

  function show(title: string, value: unknown): void {
    io.stdout.write(`\n${title}:\n${JSON.stringify(value, null, 2)}\n`);
  }
};
