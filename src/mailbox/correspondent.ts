import type { DeviceClock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Envelopes } from '../envelope/envelopes.js';
import type { DidResolver } from '../envelope/resolvers.js';
import type { Sender } from '../protocols/protocol.js';
import type { Address, Transport } from '../transport/transport.js';

/** Where a mediator may be reached, the most likely first. */
export interface Endpoints {
  readonly http: readonly Address[];
  readonly webSocket: readonly Address[];
}

/** Somebody with a mailbox, able to pack, open and send. */
export interface Correspondent extends AsyncDisposable {
  readonly did: string;
  readonly primitives: Primitives;
  readonly resolver: DidResolver;
  readonly envelopes: Envelopes;
  readonly mediator: Sender;
  readonly endpoints: Endpoints;
  readonly http: Transport;
  readonly webSocket: Transport;
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}
