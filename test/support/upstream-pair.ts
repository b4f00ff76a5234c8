import type { UpstreamMode } from '../../src/gateway/upstream/options.js';
import type { UpstreamStatus } from '../../src/gateway/upstream/progress.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import type { Agent } from './agent.js';
import { Backhaul } from './backhaul.js';
import { newIdentity, openStation, type Station, type StationOptions } from './station.js';

export interface UpstreamPair extends AsyncDisposable {
  /** A mediator on the internet. */
  readonly internet: Station;
  /** A station behind it, on the other side of the backhaul. */
  readonly local: Station;
  readonly backhaul: Backhaul;
  upstream(): Promise<UpstreamStatus | undefined>;
}

export interface UpstreamPairOptions {
  readonly mode?: UpstreamMode;
  readonly internet?: StationOptions;
  readonly local?: StationOptions;
}

export async function openPair({ mode = 'auto', ...options }: UpstreamPairOptions = {}): Promise<UpstreamPair> {
  const memory = createMemoryTransport();
  const backhaul = new Backhaul(memory);
  const internet = await openStation({ memory, address: 'memory:internet', ...options.internet });
  const local = await openStation({
    memory,
    address: 'memory:local',
    identities: [newIdentity(internet.did)],
    transports: [backhaul.transport],
    upstreams: [{ did: internet.did, mode }],
    ...options.local,
  });
  return {
    internet,
    local,
    backhaul,
    upstream: () => upstreamOf(local),
    async [Symbol.asyncDispose]() {
      await local[Symbol.asyncDispose]();
      await internet[Symbol.asyncDispose]();
    },
  };
}

/** The one upstream of a station. */
export async function upstreamOf(station: Station): Promise<UpstreamStatus | undefined> {
  return (await station.gateway.status()).upstreams[0];
}

/** What somebody on the internet sends to `recipient`, whose DID leads to `local`, whose DID leads to `internet`. */
export async function packThrough(
  sender: Agent,
  text: string,
  recipient: string,
  { local, internet }: Pick<UpstreamPair, 'local' | 'internet'>,
): Promise<string> {
  const inner = await sender.packForward(text, recipient, local.did);
  return sender.wrap([inner], local.did, internet.did);
}
