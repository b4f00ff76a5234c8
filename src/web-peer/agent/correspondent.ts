import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { PersistentMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { createEnvelopes } from '../../envelope/envelopes.js';
import { createLocalSecrets } from '../../envelope/local-secrets.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { createFetchTransport } from '../media/http.js';
import { createBrowserSocketTransport } from '../media/web-socket.js';
import type { OwnRecord } from '../storage/records.js';

/** What the browser gives. */
export interface Surroundings {
  readonly primitives: Primitives;
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Of this page: its gateway answers at the root of the same host. */
  readonly page: URL;
}

/** Wires the keys of `own` to the gateway that the page is from, wherever its DID says that it is: a page may talk to nobody else. */
export function createWebCorrespondent(
  own: OwnRecord,
  longForms: PersistentMap,
  { primitives, clock, scheduler, logger, page }: Surroundings,
): Correspondent {
  const resolver = createDidResolver({ primitives, longForms });
  const canonical = resolver.canonical.bind(resolver);
  const secrets = createLocalSecrets({ primitives, keys: own.secrets, canonical });
  const { protocol, host } = page;
  const isSecure = protocol === 'https:';
  return {
    did: own.did,
    primitives,
    resolver,
    envelopes: createEnvelopes({ primitives, resolver, secrets }),
    mediator: { did: canonical(own.mediatorDid), spelledAs: own.mediatorDid },
    endpoints: {
      http: [isSecure ? `https://${host}/` : `http://${host}/`],
      webSocket: [isSecure ? `wss://${host}/` : `ws://${host}/`],
    },
    http: createFetchTransport(host),
    webSocket: createBrowserSocketTransport(host),
    clock,
    scheduler,
    logger,
    async [Symbol.asyncDispose]() {},
  };
}
