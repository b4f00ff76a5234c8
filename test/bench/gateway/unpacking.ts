import { utf8 } from '../../../src/core/bytes.js';
import { createDid } from '../../../src/did/create.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import { createEnvelopes } from '../../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../../src/envelope/local-secrets.js';
import { packForwards, primitives } from './client.js';

export interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/**
 * Opens forwards and does nothing else, in one thread. As those that the gateway gets, each of them is new and comes as
 * bytes. The result packs `count` of them and measures how fast they are opened.
 */
export function createUnpacking(): (count: number) => Promise<Rate> {
  const identity = createDid(primitives, { method: 'peer2' });
  const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10) });
  const secrets = createLocalSecrets({ primitives, keys: identity.secrets });
  const envelopes = createEnvelopes({ primitives, resolver, secrets });
  return async (count) => {
    const packed = (await packForwards(identity.did, ['did:example:somebody'], count)).map(utf8);
    const before = process.cpuUsage();
    const startedAtMs = performance.now();
    for (const forward of packed) await envelopes.unpack(forward);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    return { perSecond: count / seconds, perCpuSecond: count / ((user + system) / 1e6) };
  };
}
