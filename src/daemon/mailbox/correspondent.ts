import os from 'node:os';
import { transports } from '../../../transports/index.js';
import type { DeviceClock } from '../../core/clock.js';
import { quote, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import { findRoutes } from '../../envelope/route.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { createAddressPolicy } from '../../net/address-policy.js';
import { networkMethods, openLongForms } from '../network-dids.js';
import { endpointsOf } from './endpoints.js';
import type { Mailbox } from './open-mailbox.js';

export interface CorrespondentOptions {
  readonly mailbox: Mailbox;
  readonly allowAddress: readonly string[];
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Wires keys, resolver and transports of a mailbox. Throws ERR_USAGE when its mediator cannot be reached by HTTP, or not directly. */
export async function createCorrespondent(options: CorrespondentOptions): Promise<Correspondent> {
  const { mailbox, allowAddress, clock, scheduler, logger } = options;
  const { own, mediator, folder } = mailbox;
  const primitives = createNodePrimitives();
  const network = { allowAddress, didCache: folder.dids };
  const resolver = createDidResolver({
    primitives,
    longForms: await openLongForms(network),
    methods: networkMethods(network),
  });
  const canonical = resolver.canonical.bind(resolver);
  const secrets = createLocalSecrets({ primitives, keys: own.secrets, canonical });
  const routes = await findRoutes(resolver, mediator.did);
  // Where another mediator comes first, as an upstream does, nobody can open what a mailbox says to its own.
  const direct = routes.filter(({ routingKeys }) => routingKeys.length === 0);
  const endpoints = endpointsOf(
    mediator.foundAt,
    direct.map(({ uri }) => uri),
    os.hostname(),
  );
  if (endpoints.http.length === 0) {
    const how = routes.length > direct.length ? 'only through another mediator' : 'not by HTTP or WebSocket';
    throw new WaypostError('ERR_USAGE', `the mediator ${quote(mediator.did, 60)} is reached ${how}`);
  }
  // Whoever gave the invitation named these; everything else is as the address policy says.
  const trustedOrigins = [...endpoints.http, ...endpoints.webSocket];
  const outbound = { policy: createAddressPolicy({ allow: allowAddress }), trustedOrigins };
  const [http, webSocket] = await Promise.all([transports.http({ outbound }), transports.websocket({ outbound })]);
  return {
    did: own.did,
    primitives,
    resolver,
    envelopes: createEnvelopes({ primitives, resolver, secrets }),
    mediator: { did: canonical(mediator.did), spelledAs: mediator.did },
    endpoints,
    http,
    webSocket,
    clock,
    scheduler,
    logger,
    async [Symbol.asyncDispose]() {
      await Promise.all([http[Symbol.asyncDispose](), webSocket[Symbol.asyncDispose]()]);
    },
  };
}
