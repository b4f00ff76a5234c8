import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Agreement } from '../../crypto/primitives.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import { createGateway, type Gateway } from '../../gateway/gateway.js';
import type { UpstreamOption } from '../../gateway/upstream/options.js';
import { knownRotations } from '../../protocols/mediation/known-rotations.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Transport } from '../../transport/transport.js';
import type { Config } from '../config/schema.js';
import type { DataFolder } from '../data-folder/layout.js';
import { allSecrets, type Identity } from '../identity/identity.js';
import { networkMethods } from '../network-dids.js';
import { admissionOf, gatewayLimits } from './limits.js';
import { sensorLimitsOf, sensorRulesOf } from './sensor-rules.js';
import { keepLongForm, longFormsIn } from './spaces.js';
import { trustOf } from './trusted-links.js';

export interface WireOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly identity: Identity;
  readonly store: MessageStore;
  /** For dialling; none for a gateway that talks to nobody. */
  readonly transports: readonly Transport[];
  readonly upstreams: readonly UpstreamOption[];
  /** Default: in this thread. */
  readonly agreement?: Agreement;
  readonly clock: DeviceClock;
  readonly logger: Logger;
}

/** A gateway as its data folder describes it. Nothing is opened and nothing started. */
export function wireGateway(options: WireOptions): Gateway {
  const { folder, config, identity, store, transports, upstreams, clock, logger } = options;
  const primitives = createNodePrimitives();
  const resolver = createDidResolver({
    primitives,
    longForms: longFormsIn(store),
    methods: networkMethods({ allowAddress: config.network.allowAddress, didCache: folder.dids }),
  });
  const canonical = resolver.canonical.bind(resolver);
  const secrets = createLocalSecrets({
    primitives,
    keys: allSecrets(identity),
    canonical,
    agreement: options.agreement,
  });
  const limits = { maxBytes: config.limits.messageBytes };
  const [fromPrior] = identity.current.fromPrior; // of the latest rotation
  return createGateway({
    dids: [identity.current.did, ...identity.former.map(({ did }) => did)],
    primitives,
    envelopes: createEnvelopes({
      primitives,
      resolver,
      secrets,
      limits,
      isKnownRotation: knownRotations(store, canonical),
    }),
    resolver,
    store,
    transports,
    clock,
    scheduler: createScheduler(),
    random: Math.random,
    logger,
    admission: admissionOf(config),
    upstreams,
    relay: { forAccounts: true, neighbours: config.neighbours },
    trusts: trustOf(config),
    ...(fromPrior === undefined ? {} : { fromPrior: fromPrior.jwt }),
    withAccount: (holder) => keepLongForm(store, holder),
    sensors: { limits: sensorLimitsOf(config) },
    sensorRules: sensorRulesOf(config),
    limits: gatewayLimits(config),
  });
}
