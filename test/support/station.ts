import { silentLogger } from '../../src/core/logger.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { type CreatedDid, createDid } from '../../src/did/create.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { createEnvelopes, type EnvelopesOptions } from '../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import { createGateway, type Gateway } from '../../src/gateway/gateway.js';
import type { GatewayOptions } from '../../src/gateway/options.js';
import { knownRotations } from '../../src/protocols/mediation/known-rotations.js';
import { PROTOCOL_SPACES } from '../../src/protocols/mediation/spaces.js';
import { RULE_SPACES } from '../../src/sensor/rules/spaces.js';
import { SENSOR_SPACES } from '../../src/sensor/spaces.js';
import { DEFAULT_LIMITS, type StoreLimits } from '../../src/store/limits.js';
import { MemoryEngine } from '../../src/store/memory-engine.js';
import { reopenMemoryStore } from '../../src/store/memory-store.js';
import type { MessageStore } from '../../src/store/message-store.js';
import type { Channel, Transport } from '../../src/transport/transport.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { ManualClock } from './manual-clock.js';
import { ManualScheduler } from './manual-scheduler.js';
import { PostOffice } from './post-office.js';

export const primitives = createNodePrimitives();
/** One for everybody: a test is about messages, not about who has seen which long form. */
export const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10_000) });

const SPACES = { ...PROTOCOL_SPACES, ...SENSOR_SPACES, ...RULE_SPACES };

export interface StationOptions extends Partial<Omit<GatewayOptions, 'limits'>> {
  readonly limits?: GatewayOptions['limits'];
  readonly storeLimits?: Partial<StoreLimits>;
  /** DIDs of the station, the current one first. */
  readonly identities?: readonly [CreatedDid, ...CreatedDid[]];
  /** The medium; one of its own unless given. */
  readonly memory?: Transport;
  readonly address?: `memory:${string}`;
  /** Wraps the store, to watch it or make it fail. */
  readonly wrapStore?: (store: MessageStore) => MessageStore;
}

/** A gateway on a store in memory that outlives it, reached over the memory transport or by POST. */
export interface Station extends AsyncDisposable {
  readonly did: string;
  readonly identities: readonly [CreatedDid, ...CreatedDid[]];
  readonly address: `memory:${string}`;
  readonly memory: Transport;
  readonly clock: ManualClock;
  readonly scheduler: ManualScheduler;
  readonly gateway: Gateway;
  readonly store: MessageStore;
  readonly posts: PostOffice;
  dial(): Promise<Channel>;
  /** Power off and on: everything that is not in the store is gone. `whileOff` runs in between. */
  restart(whileOff?: () => void): Promise<void>;
}

export function newIdentity(uri?: string): CreatedDid {
  const services = uri === undefined ? [] : [{ t: 'dm', s: { uri, a: ['didcomm/v2'] } }];
  return createDid(primitives, { method: 'peer2', services });
}

export function envelopesOf(identities: readonly CreatedDid[], options: Partial<EnvelopesOptions> = {}) {
  const keys = identities.flatMap(({ secrets }) => secrets);
  const canonical = resolver.canonical.bind(resolver);
  return createEnvelopes({
    primitives,
    resolver,
    secrets: createLocalSecrets({ primitives, keys, canonical }),
    ...options,
  });
}

export async function openStation(options: StationOptions = {}): Promise<Station> {
  const address = options.address ?? 'memory:station';
  const identities = options.identities ?? [newIdentity(address)];
  const memory = options.memory ?? createMemoryTransport();
  const clock = new ManualClock();
  const scheduler = new ManualScheduler(clock);
  const limits = { ...DEFAULT_LIMITS, ...options.storeLimits };
  const engine = new MemoryEngine(limits, SPACES);
  const [{ did }, ...older] = identities;
  const open = async () => {
    const opened = reopenMemoryStore(engine, { clock, limits, spaces: SPACES });
    const store = options.wrapStore?.(opened) ?? opened;
    const envelopes = envelopesOf(identities, {
      resolver: options.resolver ?? resolver,
      isKnownRotation: knownRotations(store, (did) => resolver.canonical(did)),
    });
    const gateway = createGateway({
      dids: [did, ...older.map((identity) => identity.did)],
      primitives,
      envelopes,
      resolver,
      transports: [memory],
      clock,
      scheduler,
      random: () => 0.5,
      logger: silentLogger,
      ...options,
      store,
      limits: { ...options.limits },
    });
    const posts = new PostOffice();
    void gateway.serve(await memory.listen(address));
    void gateway.serve(posts);
    await gateway.start();
    return { store, gateway, posts };
  };
  let running = await open();
  return {
    did,
    identities,
    address,
    memory,
    clock,
    scheduler,
    get gateway() {
      return running.gateway;
    },
    get store() {
      return running.store;
    },
    get posts() {
      return running.posts;
    },
    dial: () => memory.dial(address),
    async restart(whileOff = () => {}) {
      await running.gateway[Symbol.asyncDispose]();
      await running.store[Symbol.asyncDispose]();
      whileOff();
      running = await open();
    },
    async [Symbol.asyncDispose]() {
      await running.gateway[Symbol.asyncDispose]();
      await running.store[Symbol.asyncDispose]();
    },
  };
}
