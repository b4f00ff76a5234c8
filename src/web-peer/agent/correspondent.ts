import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { PersistentMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import type { Ways } from '../media/ways.js';
import type { OwnRecord } from '../storage/records.js';

/** What the browser gives. */
export interface Surroundings {
  readonly primitives: Primitives;
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** To the gateway, wherever its DID says that it is: a page may talk to nobody else. */
  readonly ways: Ways;
}

/** Wires the keys of `own` to its gateway. */
export function createWebCorrespondent(
  own: OwnRecord,
  longForms: PersistentMap,
  { primitives, clock, scheduler, logger, ways }: Surroundings,
): Correspondent {
  const resolver = createDidResolver({ primitives, longForms });
  const canonical = resolver.canonical.bind(resolver);
  const secrets = createLocalSecrets({ primitives, keys: own.secrets, canonical });
  return {
    did: own.did,
    primitives,
    resolver,
    envelopes: createEnvelopes({ primitives, resolver, secrets }),
    mediator: { did: canonical(own.mediatorDid), spelledAs: own.mediatorDid },
    ...ways,
    clock,
    scheduler,
    logger,
    async [Symbol.asyncDispose]() {},
  };
}
